"""Who may come in and in what order: eligibility, opening stages, caps, no-shows, waiting queues, offers."""
