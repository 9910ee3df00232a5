"""The financing service: what each rating earns at the development bank."""
