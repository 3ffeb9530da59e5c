using System.Buffers;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Transport;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a worker reads in a REQUEST frame is what the client has sent.</summary>
public sealed class RequestFrameWriterTests : IDisposable
{
    private readonly RequestFrameWriter _writer = new();

    public void Dispose() => _writer.Release();

    // RFC 9112, section 3.2, and RFC 9110, section 4.2.3: an empty path is "/".
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/a/b?c=d", "/a/b", "c=d")]
    [InlineData("/%41%2F%zz?x=%20+", "/%41%2F%zz", "x=%20+")]
    [InlineData("/a?", "/a", "")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("http://a/a?b", "/a", "b")]
    [InlineData("http://a", "/", "")]
    [InlineData("http://a?b=1", "/", "b=1")]
    [InlineData("*", "*", "")]
    public void WriteHead_TargetInAnyForm_BecomesPathAndQuery(string target, string path, string query)
    {
        SentRequest sent = Write("GET", target, ("Host", "a"));

        Assert.Equal("GET", sent.Method);
        Assert.Equal(path, sent.Path);
        Assert.Equal(query, sent.Query);
        Assert.Equal(FrameWriting.Connection, sent.Connection);
        Assert.Equal([("host", "a")], sent.Headers);
        Assert.Empty(sent.Body);
        Assert.Equal(0u, sent.QueueMicroseconds);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("get")]
    [InlineData("M-SEARCH")]
    [InlineData("A")]
    public void WriteHead_Method_IsAsItWasSent(string method) => Assert.Equal(method, Write(method, "/").Method);

    // RFC 9112, section 7.1.3.
    [Theory]
    [InlineData(0, "0")]
    [InlineData(5, "5")]
    [InlineData(long.MaxValue, "9223372036854775807")]
    public void TellLength_BehindAChunkedHead_StandsInPlaceOfTheCoding(long length, string expected)
    {
        (string, string)[] headers = [("Host", "a"), ("Transfer-Encoding", "chunked"), ("X-Last", "transfer-encoding")];
        Assert.Equal("None", Problem("POST", "/", headers));
        _writer.AppendBody(new ReadOnlySequence<byte>("hello"u8.ToArray()));
        _writer.TellLength(length);
        SentRequest sent = Finish();

        Assert.Equal([("host", "a"), ("content-length", expected), ("x-last", "transfer-encoding")], sent.Headers);
        Assert.Equal("hello"u8.ToArray(), sent.Body);
    }

    [Fact]
    public void TellLength_HeadIsNothingButTheCoding_IsAllThereIs()
    {
        Assert.Equal("None", Problem("POST", "/", ("Transfer-Encoding", "chunked")));
        _writer.TellLength(70_000);

        Assert.Equal([("content-length", "70000")], Finish().Headers);
    }

    [Fact]
    public void TellLength_HeadWithoutACoding_GetsItAtTheEnd()
    {
        // As of a request of HTTP/2 that has not said it.
        Assert.Equal("None", Problem("POST", "/", ("Host", "a")));
        _writer.TellLength(7);
        Assert.Equal([("host", "a"), ("content-length", "7")], Finish().Headers);

        Assert.Equal("None", Problem("POST", "/"));
        _writer.TellLength(8);
        Assert.Equal([("content-length", "8")], Finish().Headers);
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void TellAffinity_Key_IsBehindWhatTheClientHasSent(bool hasMoved, string expected)
    {
        Assert.Equal("None", Problem("POST", "/", ("Host", "a"), ("X-Hydra-Affinity", "mine"), ("x_hydra-affinity_moved", "0"), ("X-Hydra-Affinities", "b")));
        Assert.Equal(Failure.None, _writer.TellAffinity("acme"u8));
        _writer.AppendBody(new ReadOnlySequence<byte>("hello"u8.ToArray()));
        _writer.TellMoved(!hasMoved);
        _writer.TellMoved(hasMoved);
        SentRequest sent = Finish();

        Assert.Equal([("host", "a"), ("x-hydra-affinities", "b"), ("x-hydra-affinity", "acme"), ("x-hydra-affinity-moved", expected)], sent.Headers);
        Assert.Equal("hello"u8.ToArray(), sent.Body);
    }

    [Fact]
    public void TellAffinity_NoKey_LeavesOutWhatTheClientPretends()
    {
        Assert.Equal("None", Problem("GET", "/", ("X-Hydra-Affinity", "mine"), ("X-Hydra-Affinity-Moved", "0")));
        Assert.Equal(Failure.None, _writer.TellAffinity([]));
        _writer.TellMoved(true);

        Assert.Empty(Finish().Headers);
    }

    [Fact]
    public void TellAffinity_LengthIsToldLater_TheMoveIsWhereItWas()
    {
        Assert.Equal("None", Problem("POST", "/", ("Transfer-Encoding", "chunked")));
        Assert.Equal(Failure.None, _writer.TellAffinity("k"u8));
        _writer.TellLength(1_234_567_890_123);
        _writer.TellMoved(false);

        Assert.Equal([("content-length", "1234567890123"), ("x-hydra-affinity", "k"), ("x-hydra-affinity-moved", "0")], Finish().Headers);
    }

    [Fact]
    public void TellAffinity_MoreThanFits_IsTooLarge()
    {
        Assert.Equal("None", Problem("GET", "/"));
        Assert.Equal(Failure.HeadTooLarge, _writer.TellAffinity(new byte[ProtocolLimits.MaxHeaders]));
    }

    // RFC 9110, section 5.3: the order of headers with the same name matters.
    [Fact]
    public void WriteHead_HeadersThatAreRepeated_KeepOrderAndBytes()
    {
        SentRequest sent = Write("GET", "/", ("X-B", "1"), ("X-A", "2"), ("x-b", "\u00e4 \t\u00ff"), ("Cookie", "a=b; c"), ("X-Empty", ""));

        Assert.Equal([("x-b", "1"), ("x-a", "2"), ("x-b", "\u00e4 \t\u00ff"), ("cookie", "a=b; c"), ("x-empty", "")], sent.Headers);
    }

    [Fact]
    public void WriteHead_ProtocolWithoutSuchAHead_TakesWhatKestrelMadeOfIt()
    {
        IHttpRequestFeature request = FrameWriting.Parsed("GET", "/", ("X-B", "1"), ("X-A", "\u00e4"), ("X-B", ""));
        Assert.Equal("None", FrameWriting.WriteHead(_writer, request, FrameWriting.Facts, []));

        Assert.Equal([("x-b", "1"), ("x-b", ""), ("x-a", "\u00e4")], Finish().Headers);
    }

    [Fact]
    public void WriteHead_HeadWasNotSeen_IsRefused()
        => Assert.Equal(
            Failure.BadHead,
            _writer.WriteHead(FrameWriting.Parsed("GET", "/", ("X-A", "1")), FrameWriting.Facts, new HeadCapture().Head));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteHead_NoHeaders_HasAnEmptyBlock(bool isCaptured)
    {
        byte[] head = isCaptured ? FrameWriting.Head("GET", "/") : [];
        Assert.Equal("None", FrameWriting.WriteHead(_writer, FrameWriting.Parsed("GET", "/"), FrameWriting.Facts, head));

        SentRequest sent = Finish();
        Assert.Empty(sent.Headers);
        Assert.Equal(FrameWriting.Connection, sent.Connection);
    }

    // RFC 9112, section 6.1: what is not understood is refused, never guessed.
    [Theory]
    [InlineData("None", "chunked")]
    [InlineData("None", "Chunked")]
    [InlineData("UnknownCoding", "gzip, chunked")]
    [InlineData("UnknownCoding", "chunked, chunked")]
    [InlineData("UnknownCoding", "chunked", "chunked")]
    [InlineData("BadHead", "gzip")]
    [InlineData("BadHead", "identity")]
    [InlineData("BadHead", "xchunked")]
    [InlineData("BadHead", "chunked, gzip")]
    [InlineData("BadHead", "")]
    public void WriteHead_TransferCoding_IsChunkedAloneOrRefused(string expected, params string[] codings)
        => Assert.Equal(expected, Problem("POST", "/", [.. codings.Select(coding => ("Transfer-Encoding", coding))]));

    // RFC 9110, section 8.6. Kestrel takes some of them.
    [Theory]
    [InlineData("None", "0")]
    [InlineData("None", "12")]
    [InlineData("BadLength", "+12")]
    [InlineData("BadLength", "-1")]
    [InlineData("BadLength", "")]
    [InlineData("BadLength", "1 2")]
    [InlineData("BadLength", "12, 12")]
    [InlineData("BadLength", "0x12")]
    [InlineData("None", "009223372036854775807")]
    [InlineData("BadLength", "9223372036854775808")]
    [InlineData("BadLength", "100000000000000000000")]
    [InlineData("BadLength", "1", "1")]
    [InlineData("BadLength", "+1", "1")]
    [InlineData("BadLength", "1", "+1")]
    public void WriteHead_ContentLength_IsDigitsAloneOrRefused(string expected, params string[] lengths)
        => Assert.Equal(expected, Problem("POST", "/", [.. lengths.Select(length => ("Content-Length", length))]));

    // RFC 9112, section 6.3: Transfer-Encoding overrides it, and whoever forwards the message removes it.
    [Fact]
    public void WriteHead_ContentLengthBesideTransferEncoding_IsNotForwarded()
    {
        byte[] head = FrameWriting.Head("POST", "/", ("Content-Length", "3"), ("Transfer-Encoding", "chunked"), ("X-A", "1"));
        IHttpRequestFeature request = FrameWriting.Parsed("POST", "/", ("Transfer-Encoding", "chunked"), ("X-A", "1"));
        Assert.Equal("None", FrameWriting.WriteHead(_writer, request, FrameWriting.Facts, head));

        Assert.Equal([("transfer-encoding", "chunked"), ("x-a", "1")], Finish().Headers);
    }

    [Theory]
    [InlineData("None", 255, 0, 0, 0)]
    [InlineData("UnknownMethod", 256, 0, 0, 0)]
    [InlineData("None", 1, 65_535, 0, 0)]
    [InlineData("HeadTooLarge", 1, 65_536, 0, 0)]
    [InlineData("None", 1, 1, 65_535, 0)]
    [InlineData("HeadTooLarge", 1, 1, 65_536, 0)]
    [InlineData("None", 1, 1, 0, 65_535)]
    [InlineData("HeadTooLarge", 1, 1, 0, 65_536)]
    public void WriteHead_FieldsAsLongAsTheFrameCanSay_AreTakenAndLongerOnesRefused(
        string expected, int method, int path, int query, int connection)
    {
        string name = new('M', method);
        string target = $"/{new string('p', Math.Max(0, path - 1))}?{new string('q', query)}";
        byte[] head = FrameWriting.Head(name, target, ("Host", "a"));
        RequestFacts facts = FrameWriting.FactsOf(connection);
        Assert.Equal(expected, FrameWriting.WriteHead(_writer, FrameWriting.Parsed(name, target), facts, head));

        if (expected == "None")
        {
            SentRequest sent = Finish();
            Assert.Equal(name, sent.Method);
            Assert.Equal($"{sent.Path}?{sent.Query}", target);
            Assert.Equal(Encoding.UTF8.GetString(facts.Block), sent.Connection);
            Assert.Equal([("host", "a")], sent.Headers);
        }
    }

    [Theory]
    [InlineData("None", 0)]
    [InlineData("HeadTooLarge", 1)]
    public void WriteHead_HeadersBeyondTheGreatestBlock_AreRefused(string expected, int beyond)
    {
        // "a" and its NUL come before the value. A head of that size is not captured.
        string value = new('v', ProtocolLimits.MaxHeaders - 2 + beyond);
        Assert.Equal(expected, FrameWriting.WriteHead(_writer, FrameWriting.Parsed("GET", "/", ("a", value)), FrameWriting.Facts, []));

        if (expected == "None")
        {
            Assert.Equal([("a", value)], Finish().Headers);
        }
    }

    [Fact]
    public void AppendBody_PiecesThatMakeTheBufferGrow_LeavesTheHeadAsItWas()
    {
        (string, string)[] headers = [.. Enumerable.Range(0, 200).Select(i => ($"x-{i}", new string('v', i)))];
        Assert.Equal("None", Problem("POST", "/upload?x", headers));
        byte[] body = new byte[ProtocolLimits.MaxBody];
        new Random(3).NextBytes(body);
        Assert.Equal(0, _writer.BodyLength);
        _writer.AppendBody(Segments.Of(body[..1], body[1..1000], [], body[1000..30_000]));
        Assert.Equal(30_000, _writer.BodyLength);
        _writer.AppendBody(new ReadOnlySequence<byte>(body.AsMemory(30_000)));

        SentRequest sent = Finish(FrameFlags.End);
        Assert.Equal(ProtocolLimits.MaxBody, _writer.BodyLength);
        Assert.Equal(body, sent.Body);
        Assert.Equal("/upload", sent.Path);
        Assert.Equal("x", sent.Query);
        Assert.Equal(headers, sent.Headers);
    }

    [Theory]
    [InlineData((byte)FrameFlags.None)]
    [InlineData((byte)FrameFlags.End)]
    [InlineData((byte)FrameFlags.ExpectContinue)]
    public void Finish_Flags_StandInTheHeader(byte flags)
    {
        Assert.Equal("None", Problem("POST", "/"));
        Assert.Equal((FrameFlags)flags, Finish((FrameFlags)flags).Flags);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WriteHead_Again_HasNothingOfTheRequestBefore(bool isReleased)
    {
        Assert.Equal("None", Problem("DELETE", "/long/path/of/the/first?with=a&query", ("X-First", new string('1', 5000))));
        _writer.AppendBody(new ReadOnlySequence<byte>(new byte[5000]));
        Finish();
        if (isReleased)
        {
            _writer.Release();
            _writer.Release();
            Assert.True(_writer.Frame.IsEmpty);
        }

        SentRequest sent = Write("GET", "/b", ("X-Second", "2"));
        Assert.Equal(("GET", "/b", ""), (sent.Method, sent.Path, sent.Query));
        Assert.Equal([("x-second", "2")], sent.Headers);
        Assert.Empty(sent.Body);
    }

    [Fact]
    public void WriteHead_AfterARefusal_IsAsIfThereHadBeenNone()
    {
        Assert.Equal("BadLength", Problem("POST", "/bad", ("Content-Length", "x")));
        Assert.Equal("UnknownCoding", Problem("POST", "/bad", ("Transfer-Encoding", "x, chunked")));

        SentRequest sent = Write("GET", "/good", ("X-A", "1"));
        Assert.Equal("/good", sent.Path);
        Assert.Equal([("x-a", "1")], sent.Headers);
    }

    private string Problem(string method, string target, params (string, string)[] headers)
        => FrameWriting.WriteHead(
            _writer, FrameWriting.Parsed(method, target, headers), FrameWriting.Facts, FrameWriting.Head(method, target, headers));

    private SentRequest Write(string method, string target, params (string, string)[] headers)
    {
        Assert.Equal("None", Problem(method, target, headers));
        return Finish();
    }

    private SentRequest Finish(FrameFlags flags = FrameFlags.End)
    {
        _writer.Finish(flags);
        return SentRequest.Read(_writer.Frame);
    }
}
