using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="ProxyProtocol"/> on a connection whose bytes the test sends, and the <see cref="ProxiedEndPoint"/> that comes of it.</summary>
public sealed class ProxyProtocolTests
{
    private const ProxyVersions Both = ProxyVersions.One | ProxyVersions.Two;
    private static readonly IPEndPoint Peer = new(IPAddress.Parse("10.0.0.9"), 9);

    [Fact]
    public async Task TakeAsync_HeaderInPieces_NamesTheClientAndLeavesTheRest()
    {
        OpenConnection connection = Open(Peer, out Pipe input);
        Task<bool> taken = Protocol("10.0.0.9").TakeAsync(connection);
        await input.Writer.WriteAsync("PROXY TCP4 1.2.3.4"u8.ToArray());
        await input.Writer.WriteAsync(" 10.0.0.1 4444 443\r\nGET"u8.ToArray());

        Assert.True(await taken);
        Assert.Equal(("1.2.3.4:4444", "10.0.0.1:443"), (Assert.IsType<ProxiedEndPoint>(connection.RemoteEndPoint).ToString(), connection.LocalEndPoint!.ToString()));
        Assert.Equal("GET", Encoding.ASCII.GetString((await input.Reader.ReadAsync()).Buffer.FirstSpan));
    }

    [Fact]
    public async Task TakeAsync_ProxyThatAsksForItself_StaysWhatItIs()
    {
        OpenConnection tcp = Open(Peer, out Pipe first);
        await first.Writer.WriteAsync("PROXY UNKNOWN\r\n"u8.ToArray());
        OpenConnection local = Open(null, out Pipe second);
        local.LocalEndPoint = new UnixDomainSocketEndPoint("/run/h.sock");
        await second.Writer.WriteAsync("PROXY UNKNOWN\r\n"u8.ToArray());

        Assert.True(await Protocol("10.0.0.9").TakeAsync(tcp));
        Assert.True(await Protocol("unix").TakeAsync(local));
        Assert.Equal(("10.0.0.9:9", false), (tcp.RemoteEndPoint!.ToString(), Assert.IsType<ProxiedEndPoint>(tcp.RemoteEndPoint).IsTls));
        Assert.IsType<ProxiedNameless>(local.RemoteEndPoint);
    }

    [Theory]
    [InlineData("10.0.0.9", "GET / HTTP/1.1\r\n", "it has no PROXY header")]
    [InlineData("10.0.0.9", "PROXY TCP4\r\n", "breaks the rules")]
    [InlineData("10.0.0.8", "PROXY UNKNOWN\r\n", "is not among the proxies")]
    [InlineData("10.0.0.9", "PROXY ", "breaks off")]
    [InlineData("10.0.0.9", "", null)]
    public async Task TakeAsync_ConnectionThatBeginsOtherwise_EndsWithASentence(string allowed, string bytes, string? expected)
    {
        var log = new ErrorRecorder();
        OpenConnection connection = Open(Peer, out Pipe input);
        await input.Writer.WriteAsync(Encoding.ASCII.GetBytes(bytes));
        await input.Writer.CompleteAsync();

        Assert.False(await Protocol(allowed, log).TakeAsync(connection));
        Assert.Equal(expected is null ? 0 : 1, log.Entries.Count(entry => entry.Text.Contains(expected ?? "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TakeAsync_SomebodyElse_IsLeftAlone()
    {
        OpenConnection connection = Open(Peer, out Pipe input);
        await input.Writer.WriteAsync("GET /"u8.ToArray());

        Assert.True(await Protocol("10.0.0.8").TakeAsync(connection));
        Assert.Same(Peer, connection.RemoteEndPoint);
        Assert.Equal("GET /", Encoding.ASCII.GetString((await input.Reader.ReadAsync()).Buffer.FirstSpan));
    }

    private static ProxyProtocol Protocol(string allowed, ErrorRecorder? log = null)
    {
        Assert.Null(PeerList.Read(allowed, out PeerList peers));
        return new ProxyProtocol(Both, peers, TimeSpan.Zero, (log ?? new ErrorRecorder()).CreateLogger("hydra"));
    }

    private static OpenConnection Open(EndPoint? peer, out Pipe input)
    {
        input = new Pipe();
        return new OpenConnection { RemoteEndPoint = peer, Transport = new Duplex(input.Reader, new Pipe().Writer) };
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
