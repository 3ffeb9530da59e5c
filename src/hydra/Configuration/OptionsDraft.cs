namespace Hydra.Configuration;

/// <summary>Options while they are put together.</summary>
internal sealed class OptionsDraft(HostFacts host)
{
    /// <summary>The machine.</summary>
    public HostFacts Host { get; } = host;

    /// <summary>The options so far, from the defaults on.</summary>
    public HydraOptions Options { get; set; } = new() { WorkerTransport = host.IsWindows ? WorkerTransport.Tcp : WorkerTransport.Uds };

    /// <summary>The options about addresses, which are judged together.</summary>
    public AddressDraft Addresses { get; } = new();
}

/// <summary>What was said about addresses, not looked at yet: what a stronger option overrides need not be right.</summary>
internal sealed class AddressDraft
{
    /// <summary>--host.</summary>
    public OptionValue? Host { get; set; }

    /// <summary>--port.</summary>
    public OptionValue? Port { get; set; }

    /// <summary>--uds.</summary>
    public OptionValue? UnixPath { get; set; }

    /// <summary>--fd.</summary>
    public OptionValue? Descriptor { get; set; }

    /// <summary>--bind, all from one source.</summary>
    public List<OptionValue> Binds { get; } = [];
}
