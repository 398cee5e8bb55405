"""What an experiment is made of; nothing about any one of them."""
