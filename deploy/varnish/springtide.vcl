vcl 4.1;

# Varnish in front of the web processes: what is the same for everybody is answered from here, everything else passes.
#
# Needs Debian's varnish (7.1) and varnish-modules. What differs from place to place (backends, who may purge) is in
# site.vcl beside this file. One variable of the environment: SPRINGTIDE_PURGE_TOKEN, which the shop's processes know too.
#
#   varnishd -a 127.0.0.1:6081 -f /etc/varnish/springtide.vcl -s malloc,1g -p vcc_allow_inline_c=off
#
# The wire with the shop
#   answers   Cache-Control: public, s-maxage=…, stale-while-revalidate=…, stale-if-error=…
#             Surrogate-Key: key1 key2            what the page is made of; never leaves this cache
#   purges    PURGE /  + Surrogate-Key: key1 key2 + Authorization: Bearer <token>
#             200 and {"purged": 3}; 400 without keys; 403 from elsewhere or with another token
#             BAN /  + X-Ban-Url: ^/en-gb/p/ + Authorization: pages by address, for people: 200 and {"banned": true}
#   health    GET /edge/healthz: 200 while a web process is ready, else 503 (for the balancer in front)

import std;
import xkey;
import saintmode;
import directors;

include "./site.vcl";

sub vcl_init {
    call site_backends;
}

# ---------------------------------------------------------------------------------------------------------------------
# What is asked
# ---------------------------------------------------------------------------------------------------------------------

sub vcl_recv {
    call site_backend;
    if (req.restarts == 0) {
        unset req.http.X-Look;  # ours alone, see "Old pages" below
    }
    call operations;
    call one_spelling;

    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.http.Authorization) {
        return (pass);
    }
    if (req.url ~ "^/(static|media)/" || req.url ~ "^/[a-z][a-z]-[a-z][a-z]/($|\?|c/|p/|search($|\?)|suggest($|\?)|about($|\?)|delivery($|\?))") {
        # The same for everybody, whoever asks: carts and names are put on these pages by the browser. Without the
        # cookie the web process could not make a page for one person even by mistake.
        unset req.http.Cookie;
    } elsif (req.http.Cookie ~ "(^|;\s*)(session|place|cart_[a-z]+)=") {
        return (pass);
    } else {
        unset req.http.Cookie;  # other people's cookies (analytics, consent) say nothing to the shop
    }
    call accepted_pictures;
    call look_up;
    return (hash);
}

sub operations {
    if (req.url == "/edge/healthz") {
        if (std.healthy(req.backend_hint)) {
            return (synth(200, "ready"));
        }
        return (synth(503, "no web process is ready"));
    }
    if (req.url ~ "^/(metrics|healthz|readyz)(/|\?|$)") {
        return (synth(404, "Not Found"));  # for the inside; balancers and Prometheus ask the processes themselves
    }
    if (req.method == "PURGE" || req.method == "BAN") {
        if (client.ip !~ purgers || std.getenv("SPRINGTIDE_PURGE_TOKEN") == "" ||
            req.http.Authorization != "Bearer " + std.getenv("SPRINGTIDE_PURGE_TOKEN")) {
            return (synth(403, "Forbidden"));
        }
        if (req.method == "BAN") {
            if (!req.http.X-Ban-Url) {
                return (synth(400, "X-Ban-Url is missing"));
            }
            if (std.ban("obj.http.X-Url ~ " + req.http.X-Ban-Url)) {
                return (synth(200, "banned"));
            }
            return (synth(400, "X-Ban-Url is no pattern"));
        }
        if (!req.http.Surrogate-Key) {
            return (synth(400, "Surrogate-Key is missing"));
        }
        # At once and whole, not "soft": a page with a former price is not shown again, not even to the next visitor.
        set req.http.X-Purged = xkey.purge(req.http.Surrogate-Key);
        return (synth(200, "purged"));
    }
    if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        return (synth(405, "Method Not Allowed"));
    }
}

# One page, one address: what marketing adds to links changes nothing on the page, nor does the order of parameters.
sub one_spelling {
    set req.http.Host = std.tolower(regsub(req.http.Host, ":\d+$", ""));
    if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "\?") {
        set req.url = regsuball(req.url,
            "(?<=[?&])(utm_[a-z_]+|mtm_[a-z_]+|pk_[a-z_]+|gclid|gclsrc|gbraid|wbraid|dclid|gad_[a-z]+|fbclid|msclkid|ttclid|twclid|li_fat_id|igshid|yclid|mc_cid|mc_eid|_ga|_gl|srsltid|epik|_kx)(=[^&]*)?(&|$)",
            "");
        set req.url = std.querysort(regsub(req.url, "[?&]+$", ""));
    }
}

# Pictures may be given in the best format a browser takes: three spellings of Accept instead of hundreds.
sub accepted_pictures {
    if (req.url ~ "^/media/") {
        if (req.http.Accept ~ "image/avif") {
            set req.http.Accept = "image/avif,image/webp,*/*";
        } elsif (req.http.Accept ~ "image/webp") {
            set req.http.Accept = "image/webp,*/*";
        } else {
            set req.http.Accept = "*/*";
        }
    }
}

# ---------------------------------------------------------------------------------------------------------------------
# Old pages: `grace` is the longer of stale-while-revalidate and stale-if-error, and which of the two counts is decided
# when somebody asks. X-Look says how a request looks, on its way through restarts:
#   (none)   take what is there
#   fresh    there is only a page too old to show while a web process answers: fetch, let this visitor wait
#   stale    that fetch failed: show the old page after all
# ---------------------------------------------------------------------------------------------------------------------

sub look_up {
    if (req.http.X-Look == "fresh") {
        set req.grace = 0s;
    } else {
        set req.grace = 365d;  # as long as the page itself says
    }
}

sub vcl_hit {
    if (obj.ttl > 0s || req.http.X-Look == "stale") {
        return (deliver);
    }
    if (obj.ttl + std.duration(obj.http.X-While-Revalidate, 0s) > 0s) {
        return (deliver);  # and Varnish fetches a new one beside it
    }
    if (!std.healthy(req.backend_hint)) {
        return (deliver);
    }
    set req.http.X-Look = "fresh";
    return (restart);
}

sub vcl_synth {
    if (resp.status == 503 && req.http.X-Look == "fresh") {
        set req.http.X-Look = "stale";
        return (restart);
    }
    call say_it;
    return (deliver);
}

# ---------------------------------------------------------------------------------------------------------------------
# What is answered
# ---------------------------------------------------------------------------------------------------------------------

sub vcl_backend_fetch {
    if (bereq.is_bgfetch && bereq.http.X-Look == "stale") {
        return (abandon);  # it has just failed
    }
    return (fetch);
}

sub vcl_backend_response {
    if (beresp.status >= 500) {
        call failed;
        if (bereq.is_bgfetch || bereq.http.X-Look == "fresh") {
            return (abandon);  # an old page stays where it is, and is shown
        }
    }
    set beresp.http.X-Url = bereq.url;
    if (beresp.http.Surrogate-Key) {
        set beresp.http.xkey = beresp.http.Surrogate-Key;
    }
    if (bereq.uncacheable || beresp.status >= 400 || beresp.http.Set-Cookie || beresp.http.Vary == "*" ||
        beresp.http.Cache-Control !~ "(?i)(s-maxage|max-age)=[1-9]" ||
        beresp.http.Cache-Control ~ "(?i)(no-store|no-cache|private)") {
        # Only what says so is kept: an answer without a word about caching is for one person.
        set beresp.uncacheable = true;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        set beresp.ttl = 60s;  # how long others of this address are not made to queue
        if (beresp.status >= 400) {
            set beresp.ttl = 1s;
        }
        return (deliver);
    }
    call old_age;
    if (beresp.http.Content-Type ~ "^(text/|application/(json|javascript|problem\+json)|image/svg\+xml)" && !beresp.http.Content-Encoding) {
        set beresp.do_gzip = true;
    }
    return (deliver);
}

sub old_age {
    set beresp.http.X-While-Revalidate = "0s";
    set beresp.grace = 0s;
    if (beresp.http.Cache-Control ~ "(?i)stale-while-revalidate=\d+") {
        set beresp.http.X-While-Revalidate = regsub(beresp.http.Cache-Control, "(?i)^.*stale-while-revalidate=(\d+).*$", "\1s");
        set beresp.grace = std.duration(beresp.http.X-While-Revalidate, 0s);
    }
    if (beresp.http.Cache-Control ~ "(?i)stale-if-error=\d+") {
        set beresp.http.X-If-Error = regsub(beresp.http.Cache-Control, "(?i)^.*stale-if-error=(\d+).*$", "\1s");
        if (std.duration(beresp.http.X-If-Error, 0s) > beresp.grace) {
            set beresp.grace = std.duration(beresp.http.X-If-Error, 0s);
        }
        unset beresp.http.X-If-Error;
    }
    if (beresp.http.ETag) {
        set beresp.keep = 10m;  # asked again with If-None-Match: a 304 instead of the page
    }
}

# Saint mode: a web process that failed at a page is not asked for this page again for a while, another one is; too many
# such pages and it is not asked for anything. "Come back later" (503 with Retry-After) is an answer, not a failure.
sub failed {
    if (beresp.status == 503 && beresp.http.Retry-After) {
        return;
    }
    if (!bereq.uncacheable && (bereq.method == "GET" || bereq.method == "HEAD")) {
        saintmode.blacklist(10s);
        if (bereq.retries < 1) {
            return (retry);
        }
    }
}

sub vcl_backend_error {
    if (bereq.is_bgfetch || bereq.http.X-Look == "fresh") {
        return (abandon);
    }
    if ((bereq.method == "GET" || bereq.method == "HEAD") && bereq.retries < 1) {
        return (retry);  # a connection that broke: once more, elsewhere if there is another
    }
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "2";
    set beresp.body = {"The shop cannot be reached right now. Please try again in a moment.
De winkel is nu niet bereikbaar. Probeer het zo opnieuw.
Butiken kan inte nås just nu. Försök igen om en stund.
"};
    return (deliver);
}

sub vcl_deliver {
    unset resp.http.xkey;
    unset resp.http.Surrogate-Key;
    unset resp.http.X-Url;
    unset resp.http.X-While-Revalidate;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    if (obj.hits > 0) {
        set resp.http.X-Cache = "hit";
    } else {
        set resp.http.X-Cache = "miss";
    }
    return (deliver);
}

sub say_it {
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.http.Cache-Control = "no-store";
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    set resp.body = resp.reason + {"
"};
    if (req.method == "PURGE" && resp.status == 200) {
        set resp.http.Content-Type = "application/json";
        set resp.body = {"{"purged": "} + req.http.X-Purged + "}";
    }
    if (req.method == "BAN" && resp.status == 200) {
        set resp.http.Content-Type = "application/json";
        set resp.body = {"{"banned": true}"};
    }
    if (resp.status == 503) {
        set resp.http.Retry-After = "2";
    }
}
