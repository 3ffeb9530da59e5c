namespace Hydra.Configuration;

/// <summary>Options while they are put together, from the defaults on.</summary>
internal sealed class OptionsDraft(HostFacts host)
{
    /// <summary>The machine, which some defaults and some mistakes depend on.</summary>
    public HostFacts Host { get; } = host;

    /// <summary>The server's options so far.</summary>
    public ServerDraft Server { get; } = new(host);

    /// <summary>The application's options so far.</summary>
    public ApplicationDraft Application { get; init; } = new(host);
}

/// <summary>The server's options while they are put together.</summary>
internal sealed class ServerDraft(HostFacts host)
{
    /// <summary>The machine, which some defaults and some mistakes depend on.</summary>
    public HostFacts Host { get; } = host;

    /// <summary>The options so far, from the defaults on.</summary>
    public ServerOptions Options { get; set; } = new()
    {
        Tuning = new TuningOptions { WorkerTransport = host.IsWindows ? WorkerTransport.Tcp : WorkerTransport.Uds },
    };

    /// <summary>The options about addresses, which are judged together.</summary>
    public AddressDraft Addresses { get; } = new();

    /// <summary>--mount, not read yet: what a further application does not say of itself is as for the first, which is known last.</summary>
    public List<OptionValue> Mounts { get; } = [];

    /// <summary>--pool, not read yet: what a pool does not say of itself is as for its application.</summary>
    public List<OptionValue> Pools { get; } = [];

    /// <summary>--task-pool, not read yet: what one does not say of itself is as for the application.</summary>
    public List<OptionValue> TaskPools { get; } = [];
}

/// <summary>An application's options while they are put together; a further application has a draft of its own.</summary>
internal sealed class ApplicationDraft(HostFacts host)
{
    /// <summary>The machine, which some defaults and some mistakes depend on.</summary>
    public HostFacts Host { get; } = host;

    /// <summary>The options so far, from the defaults on.</summary>
    public ApplicationOptions Options { get; set; } = new();

    /// <summary>What names the application; see <see cref="ApplicationNaming"/>.</summary>
    public OptionValue? App { get; set; }

    /// <summary>Whether an application was named at all, rightly or not.</summary>
    public bool IsNamed { get; set; }
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
