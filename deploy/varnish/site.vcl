# What differs from place to place: where the web processes are and who may purge. This one is for a machine with two web
# processes behind one Varnish; in Kubernetes deploy/kustomize/components/varnish brings its own.

probe ready {
    .url = "/readyz";
    .interval = 1s;
    .timeout = 1s;
    .window = 3;
    .threshold = 2;
    .initial = 1;
}

# first_byte_timeout: a call between contexts may take SPRINGTIDE_CALL_TIMEOUT_S (12 s) before it is refused.
backend web1 {
    .host = "127.0.0.1";
    .port = "8000";
    .probe = ready;
    .connect_timeout = 1s;
    .first_byte_timeout = 15s;
    .between_bytes_timeout = 5s;
    .max_connections = 1000;
}

backend web2 {
    .host = "127.0.0.1";
    .port = "8010";
    .probe = ready;
    .connect_timeout = 1s;
    .first_byte_timeout = 15s;
    .between_bytes_timeout = 5s;
    .max_connections = 1000;
}

# Addresses that may purge, besides knowing the token: those of the shop's own processes.
acl purgers {
    "127.0.0.1";
    "::1";
}

sub site_backends {
    new web1_saint = saintmode.saintmode(web1, 20);  # 20 pages that failed within ten seconds: the whole process
    new web2_saint = saintmode.saintmode(web2, 20);
    new shop = directors.round_robin();
    shop.add_backend(web1_saint.backend());
    shop.add_backend(web2_saint.backend());
}

sub site_backend {
    set req.backend_hint = shop.backend();
}
