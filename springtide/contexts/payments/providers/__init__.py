"""Gateways behind one port: ``port`` says what a gateway is, the other modules are gateways."""
