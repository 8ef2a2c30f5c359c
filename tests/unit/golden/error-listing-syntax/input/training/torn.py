class Toy:
    def decode(self
