"""What the OMS has: its lists read whole, rows by id, the deals of orders, and the window that a program asks for."""
