"""What people and programs talk to. Channels compose contracts and hold no facts."""
