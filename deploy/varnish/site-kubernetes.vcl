# In a cluster: the Service `web` has one address that stays and leads to a process that is ready. Saint mode then counts
# for all of them together, so its threshold is high; which process is asked is Kubernetes's affair.

probe ready {
    .url = "/readyz";
    .interval = 2s;
    .timeout = 2s;
    .window = 5;
    .threshold = 2;
    .initial = 2;
}

backend web {
    .host = "web";
    .port = "8000";
    .probe = ready;
    .connect_timeout = 1s;
    .first_byte_timeout = 15s;
    .between_bytes_timeout = 5s;
    .max_connections = 4000;
}

# Pods: the token decides which of them, and the NetworkPolicy who reaches this door at all.
acl purgers {
    "10.0.0.0"/8;
    "172.16.0.0"/12;
    "192.168.0.0"/16;
}

sub site_backends {
    new web_saint = saintmode.saintmode(web, 500);
    new shop = directors.round_robin();
    shop.add_backend(web_saint.backend());
}

sub site_backend {
    set req.backend_hint = shop.backend();
}
