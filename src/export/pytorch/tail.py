

def load(folder: Path = Path(__file__).parent) -> Network:
    """The network with its weights, ready for inference."""
    data = bytearray((folder / "model.safetensors").read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    weights = {}
    for name, tensor in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=start + begin)
            weights[name] = values.reshape(tensor["shape"])
    network = Network()
    network.load_state_dict(weights)
    return network.eval()


if __name__ == "__main__":
    network = load()
    print(network)
    print(sum(parameter.numel() for parameter in network.parameters()), "parameters")
