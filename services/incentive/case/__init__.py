"""What is done with an entitlement: benefit cases, from the application to their end."""
