"""The peak desk: one set of joint demand paths, and every plan made from it."""
