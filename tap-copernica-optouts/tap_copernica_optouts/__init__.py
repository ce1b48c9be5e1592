"""Singer tap for Copernica's unsubscribes and complaints."""
