using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Transport;

namespace Hydra.Hosting;

/// <summary>
/// Which transport the front uses, and its event loops. Workers are started before the web host exists, and their links wait here
/// until the loops do.
/// </summary>
internal sealed class FrontLoops
{
    private readonly TransportOptions? _options;
    private readonly TaskCompletionSource<EventLoopGroup?> _group = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Decides by the options and the platform.</summary>
    public FrontLoops(HydraOptions options)
    {
        if (OperatingSystem.IsLinux() && options.Transport is not TransportKind.Sockets)
        {
            _options = new TransportOptions
            {
                Loops = options.Loops ?? 0,
                Backlog = options.Backlog,
                Batches = options.IoUring is IoUringUse.Auto,
            };
        }
    }

    /// <summary>Whether the loop transport is used.</summary>
    public bool AreUsed => _options is not null;

    /// <summary>How many loops there are; one where the sockets of .NET are used.</summary>
    public int Count => _options?.EffectiveLoops ?? 1;

    /// <summary>Has Kestrel use the loops, if they are used.</summary>
    public void AddTo(IServiceCollection services)
    {
        if (OperatingSystem.IsLinux() && _options is not null)
        {
            services.AddLoopTransport(_options);
        }
    }

    /// <summary>The web host is built: its loops run.</summary>
    public void Open(IServiceProvider services)
        => _group.TrySetResult(_options is null ? null : services.GetRequiredService<EventLoopGroup>());

    /// <summary>There will be no web host, and nobody is to wait for it.</summary>
    public void Abandon() => _group.TrySetResult(null);

    /// <summary>The channel of a worker's data link, on the loop of the same number. Waits for the loops, so not for a pool thread.</summary>
    public LinkChannel Channel(Socket socket, int index)
        => _group.Task.GetAwaiter().GetResult() is { } group
            ? new LoopLinkChannel(socket, group.Loops[index])
            : new SocketLinkChannel(socket);
}
