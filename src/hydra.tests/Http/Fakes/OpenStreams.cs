using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Tests.Http.Fakes;

/// <summary>A client's connection of HTTP/3 without a socket, which counts how often it is aborted.</summary>
internal sealed class OpenStreams : MultiplexedConnectionContext
{
    public override string ConnectionId { get; set; } = "fake";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    /// <summary>How often it was aborted.</summary>
    public int Aborts { get; private set; }

    /// <summary>What <see cref="AcceptAsync"/> gives; null once there are no more.</summary>
    public ConnectionContext? Next { get; set; }

    public override void Abort() => Aborts++;

    public override void Abort(ConnectionAbortedException abortReason) => Aborts++;

    public override ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(Next);

    public override ValueTask<ConnectionContext> ConnectAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default) => new(Next!);
}
