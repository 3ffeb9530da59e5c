using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Hydra.Http;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>.NET's transport says "closed" at a client's FIN as at its leaving; here the connection's token is the test's to cancel.</summary>
public sealed class SocketEndingTests : IAsyncLifetime
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _transport = new();
    private readonly DefaultConnectionContext _context = new("fake");
    private readonly Sink _sink = new();
    private Socket _client = null!;
    private Socket _server = null!;

    public async Task InitializeAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await _client.ConnectAsync(listener.LocalEndPoint!);
        _server = await listener.AcceptAsync();
        _context.ConnectionClosed = _transport.Token;
        _context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_server));
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _server.Dispose();
        _transport.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task End_OfTheClientsSendingSide_IsToldTwiceAndNoClosing()
    {
        using var ending = new SocketEnding(_context, _sink, Grace);
        _client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await _server.ReceiveAsync(new byte[1]));
        await _transport.CancelAsync();

        Assert.False(await _sink.NextAsync());
        Assert.True(await _sink.NextAsync());
        Assert.False(_context.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task End_ByReset_IsTheClosingAndNothingElse()
    {
        using var ending = new SocketEnding(_context, _sink, Grace);
        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        await Assert.ThrowsAsync<SocketException>(async () => await _server.ReceiveAsync(new byte[1]));
        await _transport.CancelAsync();

        await ClosedAsync();
        Assert.True(_sink.IsEmpty);
    }

    [Fact]
    public async Task End_ClientThatFinishedIsNoMore_IsSeenWithoutAnyReader()
    {
        using var ending = new SocketEnding(_context, _sink, Grace);
        _client.Shutdown(SocketShutdown.Send);
        await _transport.CancelAsync();
        Assert.False(await _sink.NextAsync());
        Assert.True(await _sink.NextAsync());

        _client.Dispose();
        await _server.SendAsync(new byte[1]);

        await ClosedAsync();
    }

    [Fact]
    public async Task End_NobodyDecidesWhatItMeans_IsTheClosing()
    {
        _sink.Decides = false;
        using var ending = new SocketEnding(_context, _sink, TimeSpan.FromDays(1));
        _client.Shutdown(SocketShutdown.Send);
        await _transport.CancelAsync();

        await ClosedAsync();
    }

    [Fact]
    public async Task End_OurOwn_IsTheClosing()
    {
        using var ending = new SocketEnding(_context, _sink, Grace);
        _server.Dispose();
        await _transport.CancelAsync();

        await ClosedAsync();
        Assert.True(_sink.IsEmpty);
    }

    [Fact]
    public async Task End_NoSocketToAsk_IsTheClosing()
    {
        _context.Features.Set<IConnectionSocketFeature>(null);
        using var ending = new SocketEnding(_context, _sink, Grace);
        await _transport.CancelAsync();

        await ClosedAsync();
        Assert.True(_sink.IsEmpty);
    }

    [Fact]
    public async Task End_OfAConnectionThatIsOver_IsTheClosingForNobody()
    {
        var ending = new SocketEnding(_context, _sink, Grace);
        ending.Dispose();
        _server.Dispose();
        await _transport.CancelAsync();

        Assert.False(_context.ConnectionClosed.IsCancellationRequested);
    }

    private async Task ClosedAsync()
    {
        var closed = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = _context.ConnectionClosed.Register(() => closed.TrySetResult());
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;

    private sealed class Sink : IPeerSink
    {
        private readonly Channel<bool> _told = Channel.CreateUnbounded<bool>();

        public bool Decides { get; set; } = true;

        public bool IsEmpty => _told.Reader.Count == 0;

        public bool OnPeerFinished(bool isLong)
        {
            Assert.True(_told.Writer.TryWrite(isLong));
            return Decides;
        }

        public async Task<bool> NextAsync() => await _told.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
