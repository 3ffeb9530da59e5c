using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>
/// <see cref="UwsgiProtocol"/> on a connection whose bytes the test sends: a <see cref="PrefixedReader"/> in the place of the packet, or a <see cref="ConnectionRefusal"/>.
/// </summary>
public sealed class UwsgiProtocolTests
{
    private static readonly IPEndPoint Peer = new(IPAddress.Parse("10.0.0.9"), 9);

    private readonly Pipe _input = new();
    private readonly Pipe _output = new();
    private readonly List<(string Client, Failure Failure, string Text)> _refused = [];

    [Fact]
    public async Task TakeAsync_PacketInPieces_BecomesAHeadWithItsBodyBehind()
    {
        byte[] packet = UwsgiBytes.Get("/a", "HTTPS=on");
        OpenConnection connection = Open(Peer);
        Task<bool> taken = Protocol("10.0.0.9").TakeAsync(connection);
        await _input.Writer.WriteAsync(packet.AsMemory(0, 3));
        await _input.Writer.WriteAsync(packet.AsMemory(3, 100));
        await _input.Writer.WriteAsync((byte[])[.. packet.AsSpan(103), .. "body"u8]);

        Assert.True(await taken);
        Assert.Equal(("1.2.3.4:4444", true), (Assert.IsType<ProxiedEndPoint>(connection.RemoteEndPoint).ToString(), ((ProxiedEndPoint)connection.RemoteEndPoint!).IsTls));
        Assert.Equal("https", connection.Features.Get<UwsgiRequest>()!.Scheme);
        PipeReader reader = connection.Transport.Input;
        Assert.True(reader.TryRead(out ReadResult head));
        Assert.StartsWith("GET /a HTTP/1.0\r\n", Encoding.ASCII.GetString(head.Buffer.FirstSpan), StringComparison.Ordinal);
        reader.AdvanceTo(head.Buffer.GetPosition(17));
        head = await reader.ReadAsync();
        Assert.StartsWith("host: ", Encoding.ASCII.GetString(head.Buffer.FirstSpan), StringComparison.Ordinal);
        reader.AdvanceTo(head.Buffer.Start);
        reader.CancelPendingRead();
        head = await reader.ReadAsync();
        Assert.True(head.IsCanceled);
        reader.AdvanceTo(head.Buffer.End);
        Assert.True(reader.TryRead(out ReadResult body));
        Assert.Equal("body", Encoding.ASCII.GetString(body.Buffer.FirstSpan));
    }

    [Fact]
    public async Task TakeAsync_ClientWithoutAnAddress_IsNotTheProxy()
    {
        OpenConnection connection = Open(null);
        connection.LocalEndPoint = new UnixDomainSocketEndPoint("/run/h.sock");
        await _input.Writer.WriteAsync(UwsgiBytes.Get("/", "REMOTE_ADDR=unix:"));

        Assert.True(await Protocol("unix").TakeAsync(connection));
        Assert.IsType<ProxiedNameless>(connection.RemoteEndPoint);
    }

    [Theory]
    [InlineData("10.0.0.8", "", Failure.NotAProxy, "it speaks the uwsgi protocol, and is not among those of --uwsgi-allow-from")]
    [InlineData("10.0.0.9", "GET / HTTP/1.1\r\n", Failure.BadPacket, "it seems to speak HTTP at an address for the uwsgi protocol")]
    [InlineData("10.0.0.9", "\u0007\u0000\u0000\u0000", Failure.BadPacket, "it is no uwsgi packet, or one with a modifier that is not served")]
    [InlineData("10.0.0.9", "\u0000\u0009\u0000\u0000ab", Failure.BadPacket, "its uwsgi packet breaks off")]
    [InlineData("10.0.0.9", "\u0000\u0002\u0000\u0000ab", Failure.BadPacket, "its uwsgi packet has lengths that do not add up")]
    internal async Task TakeAsync_WhatIsNoRequest_IsAnsweredAndCounted(string allowed, string bytes, Failure failure, string text)
    {
        OpenConnection connection = Open(Peer);
        await _input.Writer.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        await _input.Writer.CompleteAsync();

        Assert.False(await Protocol(allowed).TakeAsync(connection));
        Assert.Equal([("10.0.0.9:9", failure, text)], _refused);
        string answer = Encoding.ASCII.GetString((await _output.Reader.ReadAsync()).Buffer.FirstSpan);
        Assert.StartsWith(failure is Failure.NotAProxy ? "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n" : "HTTP/1.1 400 Bad Request\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, connection.Aborts);
        Assert.Equal(answer, Encoding.ASCII.GetString(ConnectionRefusal.Answer(failure.Rule())));
    }

    [Fact]
    public async Task TakeAsync_WhoOnlyLooks_IsNotSpokenOf()
    {
        await _input.Writer.CompleteAsync();

        Assert.False(await Protocol("10.0.0.9").TakeAsync(Open(Peer)));
        Assert.Empty(_refused);
    }

    [Fact]
    public async Task TakeAsync_PacketThatDoesNotCome_IsRefusedInTime()
    {
        OpenConnection connection = Open(Peer);
        await _input.Writer.WriteAsync(new byte[] { 0, 9 });
        Task<bool> taken = Protocol("10.0.0.9", TimeSpan.FromMilliseconds(50)).TakeAsync(connection);
        ReadResult answer = await _output.Reader.ReadAsync();
        await _input.Writer.CompleteAsync();

        Assert.False(await taken);
        Assert.StartsWith("HTTP/1.1 408 Request Timeout\r\n", Encoding.ASCII.GetString(answer.Buffer.FirstSpan), StringComparison.Ordinal);
        Assert.Equal([Failure.HeadTooSlow], _refused.Select(static one => one.Failure));
    }

    private UwsgiProtocol Protocol(string allowed, TimeSpan limit = default)
    {
        Assert.Null(PeerList.Read(allowed, out PeerList peers));
        return new UwsgiProtocol(peers, limit, (client, failure, text) => _refused.Add((client, failure, text)));
    }

    private OpenConnection Open(EndPoint? peer) => new() { RemoteEndPoint = peer, Transport = new Duplex(_input.Reader, _output.Writer) };

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
