package main

func generate(seed, folder string) error { return nil }
