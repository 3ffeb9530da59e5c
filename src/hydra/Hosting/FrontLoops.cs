using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Which transport the front uses, and its event loops. Workers are started before the web host exists, and their links wait here
/// until the loops do.
/// </summary>
internal sealed class FrontLoops
{
    // A client with a request every few seconds is not to pay for a connection each time; one that reads a page may.
    private static readonly TimeSpan HibernateAfter = TimeSpan.FromSeconds(2);

    private readonly TransportOptions _options;
    private readonly TaskCompletionSource<EventLoopGroup?> _group = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Decides by the options and the platform.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="sockets">The listening sockets, which either transport takes from there.</param>
    public FrontLoops(ServerOptions options, ListenSockets sockets)
    {
        AreUsed = OperatingSystem.IsLinux() && options.Tuning.Transport is not TransportKind.Sockets;
        _options = new TransportOptions
        {
            Loops = options.Tuning.Loops ?? 0,
            Backlog = options.Addresses.Backlog,
            SocketMode = options.Addresses.SocketMode,
            SocketOwner = options.Addresses.SocketOwner,
            Batches = options.Tuning.IoUring is IoUringUse.Auto,
            BusyPoll = TimeSpan.FromMicroseconds(options.Tuning.BusyPoll),
            KeepAlive = options.Clients.KeepAlive,
            SendTimeout = options.Clients.SendTimeout,

            // A connection that is to end sooner than that has no time to sleep. One that is counted is awake: asleep it is nobody's but the loop's.
            HibernateAfter = options.Clients.KeepAlive > 2 * HibernateAfter && !options.Limits.CountsConnections ? HibernateAfter : TimeSpan.Zero,
            Sockets = sockets,
        };
    }

    /// <summary>Whether the loop transport is used.</summary>
    public bool AreUsed { get; }

    /// <summary>What the server listens on, with either transport.</summary>
    public ListenSockets Sockets => _options.Sockets;

    /// <summary>How many loops there are; one where the sockets of .NET are used.</summary>
    public int Count => AreUsed ? _options.EffectiveLoops : 1;

    /// <summary>Has Kestrel use the loops, or else sockets of .NET that are opened in the same way.</summary>
    public void AddTo(IServiceCollection services, ILogger logger)
    {
        if (OperatingSystem.IsLinux() && AreUsed)
        {
            services.AddLoopTransport(_options);
        }

        services.AddSingleton(provider => new StoppableListeners(AreUsed
            ? new LoopTransportFactory(provider.GetRequiredService<EventLoopGroup>())
            : ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider)));
        services.AddSingleton<IConnectionListenerFactory>(static provider => provider.GetRequiredService<StoppableListeners>());
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.Backlog = _options.Backlog;

            // What has come and nobody has read is in no budget: as little of it as the loops have.
            sockets.MaxReadBufferSize = 64 * 1024;
            sockets.CreateBoundListenSocket = endPoint => Sockets.Listen(endPoint, _options, logger).Socket;
        });
    }

    /// <summary>The web host is built: its loops run.</summary>
    public void Open(IServiceProvider services)
        => _group.TrySetResult(!AreUsed ? null : services.GetRequiredService<EventLoopGroup>());

    /// <summary>Whether a connection was accepted that Kestrel does not serve yet.</summary>
    public bool HasArrivals => _group.Task is { IsCompletedSuccessfully: true, Result.Arriving: > 0 };

    /// <summary>There will be no web host, and nobody is to wait for it.</summary>
    public void Abandon() => _group.TrySetResult(null);

    /// <summary>Has something run on the thread of a loop, or, where there are none, on one of the pool.</summary>
    public void Post(int index, IThreadPoolWorkItem work)
    {
        if (_group.Task.GetAwaiter().GetResult() is { } group)
        {
            group.Loops[index].Post(work);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
    }

    /// <summary>A channel on the loop of this number, once there is one.</summary>
    public async Task<LinkChannel> ChannelAsync(Socket socket, int index)
        => await _group.Task.ConfigureAwait(false) is { } group ? new LoopLinkChannel(socket, group.Loops[index]) : new SocketLinkChannel(socket);

    /// <summary>The channel of a worker's data link, on the loop of the same number. Waits for the loops, so not for a pool thread.</summary>
    public LinkChannel Channel(Socket socket, int index)
        => _group.Task.GetAwaiter().GetResult() is { } group
            ? new LoopLinkChannel(socket, group.Loops[index])
            : new SocketLinkChannel(socket);
}
