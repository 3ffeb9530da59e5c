using System.Net;
using System.Text;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ClientConnectionMiddlewareTests
{
    private static readonly RequestHandler Handler = _ => Task.CompletedTask;

    private readonly ClientConnections _connections = new();

    [Theory]
    [InlineData(HttpProtocols.Http1, null, false)]
    [InlineData(HttpProtocols.Http2, null, true)]
    [InlineData(HttpProtocols.Http1AndHttp2, null, false)]
    [InlineData(HttpProtocols.Http1AndHttp2, "http/1.1", false)]
    [InlineData(HttpProtocols.Http1AndHttp2, "h2", true)]
    public async Task Connection_WhileItIsOpen_HasItsClientConnection(HttpProtocols protocols, string? chosen, bool isMultiplexed)
    {
        var context = new OpenConnection();
        context.Features.Set<ITlsApplicationProtocolFeature>(chosen is null ? null : new Chosen(Encoding.ASCII.GetBytes(chosen)));
        ClientConnection? seen = null;
        await Build(protocols, inner =>
        {
            seen = inner.Features.Get<ClientConnection>();
            Assert.False(_connections.AreNone);
            return Task.CompletedTask;
        })(context);

        Assert.NotNull(seen);
        Assert.Same(Handler, seen.Handler);
        Assert.Equal(isMultiplexed, seen.IsMultiplexed);
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public async Task Connection_ThatFails_IsForgotten()
    {
        ConnectionDelegate run = Build(HttpProtocols.Http1, _ => throw new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(() => run(new OpenConnection()));
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public async Task Connection_ThatHasClosedAndKestrelForgets_IsOverAllTheSame()
    {
        using var closed = new CancellationTokenSource();
        var context = new OpenConnection { ConnectionClosed = closed.Token };
        Task run = Build(HttpProtocols.Http2, _ => Task.Delay(Timeout.Infinite, CancellationToken.None), new ConnectionRules { Time = new QuickTime() })(context);
        Assert.False(run.IsCompleted);
        await closed.CancelAsync();

        await run.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public async Task Connection_ThatHasClosedWhileARequestRuns_IsNotOver()
    {
        using var closed = new CancellationTokenSource();
        var context = new OpenConnection { ConnectionClosed = closed.Token };
        var time = new QuickTime();
        var answered = new TaskCompletionSource();
        Task run = Build(
            HttpProtocols.Http2,
            connection =>
            {
                connection.Features.Get<ClientConnection>()!.OnRequestBegins();
                return answered.Task;
            },
            new ConnectionRules { Time = time })(context);
        await closed.CancelAsync();
        await time.Fired;

        Assert.False(run.IsCompleted);
        answered.SetResult();
        await run;
    }

    private ConnectionDelegate Build(HttpProtocols protocols, Func<ConnectionContext, Task> server, ConnectionRules? rules = null)
    {
        ConnectionDelegate? built = null;
        new KestrelServerOptions().Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            listen.UseClientConnection(_connections, Handler, rules);
            listen.Run(server);
            built = ((IConnectionBuilder)listen).Build();
        });
        return built!;
    }

    // Timers are due at once.
    private sealed class QuickTime : TimeProvider
    {
        private readonly TaskCompletionSource _fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        // More than one wait has ended.
        public Task Fired => _fired.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(
                inner =>
                {
                    if (Interlocked.Increment(ref _count) == 3)
                    {
                        _fired.SetResult();
                    }

                    callback(inner);
                },
                state, TimeSpan.Zero, period);
    }

    private sealed record Chosen(ReadOnlyMemory<byte> ApplicationProtocol) : ITlsApplicationProtocolFeature;
}
