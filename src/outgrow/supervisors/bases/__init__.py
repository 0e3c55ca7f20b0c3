"""What supervisors share that are told apart by little; the registry does not look here."""
