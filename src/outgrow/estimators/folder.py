def about(*a): return {}
