using System.Buffers;
using System.Text;
using Hydra.Tests.Http;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>What a connection receives, read as Kestrel reads it: each line of a head and each piece of a body when it is complete.</summary>
public sealed class HeadCaptureTests
{
    private const string Head = "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n";

    private readonly HeadCapture _capture = new();

    [Theory]
    [InlineData("\r\n", "")]
    [InlineData("Content-Length: 5\r\n\r\n", "hello")]
    [InlineData("Content-Length: 5\r\n\r\n", "hello\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n\r\n")]
    public void Look_RequestsOfAConnection_AreFoundInEverySplit(string end, string body)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(Head + end + body + Head.Replace("/a?b", "/second", StringComparison.Ordinal) + "\r\n");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var reading = new Reading(new HeadCapture());
            reading.Receive(bytes[..cut]);
            reading.Receive(bytes[cut..]);
            Assert.Equal(["POST /a?b", "POST /second"], reading.Heads);
            Assert.True(reading.Capture.IsAtStart);
        }
    }

    [Fact]
    public void Look_ByteByByteInPiecesOfAByte_IsTheWhole()
    {
        var reading = new Reading(_capture);
        foreach (byte one in Encoding.Latin1.GetBytes("\r\n" + Head.Replace("/a?b", "HTTP://b:", StringComparison.Ordinal) + "\r\n"))
        {
            reading.Receive([one], isInPieces: true);
        }

        Assert.Equal(["POST HTTP://b:"], reading.Heads);
        Assert.Equal("host|b:|x-a|1", Encoding.Latin1.GetString(_capture.Head.Block).Replace('\0', '|'));
    }

    // Kestrel sees what was overwritten also where it lies in several buffers.
    [Fact]
    public void Look_LineInPiecesThatIsOverwritten_IsOverwrittenInAllOfThem()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("GET http://b/c HTTP/1.2\r\nHost: [::]\r\n\r\n");
        byte[][] pieces = [bytes[..6], bytes[6..23], bytes[23..]];
        _capture.Look(Segments.Of(pieces));

        Assert.Equal("GET /c         HTTP/1.1\r\nHost: hhhh\r\n\r\n", Encoding.Latin1.GetString([.. pieces.SelectMany(static piece => piece)]));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\r\n")]
    [InlineData("\rGET / HTTP/1.1\r\n\r\n")]
    [InlineData("\n\rGET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\n")]
    [InlineData("GET / HTTP/1.1\rX\r\n")]
    [InlineData("GET /\0\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\rc\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\0\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\u007f\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\u001b\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\n")]
    [InlineData("GET / HTTP/1.1\r\n\rX\r\n")]
    [InlineData("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;\0\r\n")]
    public void Look_BytesThatMayNotBeThere_AreRefusedInEverySplit(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            var reading = new Reading(new HeadCapture());
            BadHttpRequestException error = Assert.Throws<BadHttpRequestException>(() =>
            {
                reading.Receive(bytes[..cut]);
                reading.Receive(bytes[cut..]);
            });
            Assert.Equal(400, error.StatusCode);
            Assert.NotEqual(HeadFault.None, reading.Capture.Fault);
            Assert.Equal(HeadCapture.Describe(reading.Capture.Fault), error.Message);
        }
    }

    [Fact]
    public void Look_AfterARefusal_RefusesEverything()
    {
        Assert.Throws<BadHttpRequestException>(() => Look("GET / HTTP/1.1\n"));
        Assert.Throws<BadHttpRequestException>(() => Look("GET / HTTP/1.1\r\n\r\n"));
        Assert.Equal(HeadFault.Line, _capture.Fault);
    }

    [Theory]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", 501)]
    [InlineData("Content-Length: 1x\r\n", 400)]
    public void Look_Fault_HasItsStatus(string line, int status)
        => Assert.Equal(status, Assert.Throws<BadHttpRequestException>(() => Look(Head + line)).StatusCode);

    // Nothing else keeps a head from being taken for a body.
    [Theory]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 30)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", 50)]
    public void OnConsumed_MoreThanWasLookedAt_RefusesWhatFollows(string head, int count)
    {
        Look(head);
        _capture.OnConsumed(head.Length);
        _capture.OnConsumed(count);
        Assert.Throws<BadHttpRequestException>(() => Look("GET / HTTP/1.1\r\n\r\n"));
        Assert.Equal(HeadFault.Lost, _capture.Fault);
    }

    [Fact]
    public void IsAtStart_HeadUnderWay_IsFalse()
    {
        Assert.True(_capture.IsAtStart);
        Look("\r");
        _capture.OnConsumed(1);
        Assert.False(_capture.IsAtStart);
        Look("\nGET / HTTP/1.1\r\n");
        _capture.OnConsumed(17);
        Assert.False(_capture.IsAtStart);
        Look("\r\n");
        Assert.False(_capture.IsAtStart);
        _capture.OnConsumed(2);
        Assert.True(_capture.IsAtStart);
        _capture.Release();
        Assert.True(_capture.Head.Method.IsEmpty);
    }

    private void Look(string text) => _capture.Look(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(text)));

    // Kestrel: it consumes empty lines, lines of a head, and of a body what is there.
    private sealed class Reading(HeadCapture capture)
    {
        private byte[] _waiting = [];
        private bool _isInHead;
        private int _body;
        private bool _isChunked;

        public HeadCapture Capture => capture;

        public List<string> Heads { get; } = [];

        public void Receive(byte[] bytes, bool isInPieces = false)
        {
            _waiting = [.. _waiting, .. bytes];
            int consumed = -1;
            while (_waiting.Length > 0 && consumed != 0)
            {
                capture.Look(isInPieces ? Segments.Of([.. _waiting.Select(static b => new[] { b })]) : new ReadOnlySequence<byte>(_waiting));
                consumed = Consume();
                capture.OnConsumed(consumed);
                _waiting = _waiting[consumed..];
            }
        }

        private int Consume()
        {
            if (!_isInHead && (_body > 0 || _isChunked))
            {
                return ConsumeBody();
            }

            int at = 0;
            while (!_isInHead && at < _waiting.Length && _waiting[at] is (byte)'\r' or (byte)'\n')
            {
                at++;
            }

            while (true)
            {
                int end = _waiting.AsSpan(at).IndexOf("\r\n"u8);
                if (end < 0)
                {
                    return at;
                }

                string line = Encoding.Latin1.GetString(_waiting, at, end);
                at += end + 2;
                _isInHead = line.Length > 0;
                if (!_isInHead)
                {
                    Heads.Add($"{Encoding.Latin1.GetString(capture.Head.Method)} {Encoding.Latin1.GetString(capture.Head.Target)}");
                    return at;
                }

                _body = line.StartsWith("Content-Length", StringComparison.Ordinal) ? 5 : _body;
                _isChunked |= line.StartsWith("Transfer", StringComparison.Ordinal);
            }
        }

        private int ConsumeBody()
        {
            if (_isChunked)
            {
                // The whole of it at once, as far as the test is concerned.
                int end = Encoding.Latin1.GetString(_waiting).IndexOf("\r\n\r\n", StringComparison.Ordinal);
                _isChunked = end < 0;
                return end < 0 ? 0 : end + 4;
            }

            int count = Math.Min(_body, _waiting.Length);
            _body -= count;
            return count;
        }
    }
}
