using System.IO.Pipelines;
using System.Net;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ConnectionLimitsMiddlewareTests
{
    private readonly ConnectionLimits _limits = new(1, 0);
    private readonly List<Failure> _refused = [];

    [Fact]
    public async Task Connection_OneTooMany_IsToldSoAndCloses()
    {
        var inside = new TaskCompletionSource();
        ConnectionDelegate run = Build(answers: true, _ => inside.Task);
        Task first = run(new Peer());
        var second = new Peer();
        second.Leave();
        await run(second);

        string answer = await second.ReadAsync();
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n", answer, StringComparison.Ordinal);
        Assert.Equal([Failure.TooManyConnections], _refused);
        inside.SetResult();
        await first;
        Assert.Equal(0, _limits.Open);
    }

    [Fact]
    public async Task Connection_OneTooManyBeforeTls_ClosesWithoutAWord()
    {
        _limits.Enter(null);
        var peer = new Peer();
        await Build(answers: false, _ => throw new InvalidOperationException("it was to be refused"))(peer);

        Assert.True(peer.IsAborted);
        Assert.Equal("", await peer.ReadAsync());
    }

    [Fact]
    public async Task Connection_ThatFails_IsCountedNoMore()
    {
        await Assert.ThrowsAsync<IOException>(() => Build(answers: true, _ => throw new IOException("broken"))(new Peer()));
        Assert.Equal(0, _limits.Open);
    }

    private ConnectionDelegate Build(bool answers, Func<ConnectionContext, Task> server)
    {
        ConnectionDelegate? built = null;
        new KestrelServerOptions().Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseConnectionLimits(_limits, answers, (_, failure) => _refused.Add(failure));
            listen.Run(server);
            built = ((IConnectionBuilder)listen).Build();
        });
        return built!;
    }

    private sealed class Peer : DefaultConnectionContext
    {
        private readonly Pipe _input = new();
        private readonly Pipe _output = new();

        public Peer()
            : base("fake") => Transport = new Duplex(_input.Reader, _output.Writer);

        public bool IsAborted { get; private set; }

        public void Leave() => _input.Writer.Complete();

        public async Task<string> ReadAsync()
        {
            await _output.Writer.CompleteAsync();
            return Encoding.ASCII.GetString(System.Buffers.BuffersExtensions.ToArray((await _output.Reader.ReadAsync()).Buffer));
        }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;

        private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
