def about(*a):
    return {}
