using System.Buffers;
using System.Text;
using Hydra.Dispatch;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>Two requests are the same when a worker cannot tell them apart; none is refused for what another has done.</summary>
public sealed class RequestFingerprintTests
{
    [Theory]
    [InlineData("HEAD", "/a", "b", "c\0d", "e")]
    [InlineData("get", "/a", "b", "c\0d", "e")]
    [InlineData("GET", "/ab", "", "c\0d", "e")]
    [InlineData("GET", "/a", "", "b\0\0c\0d", "e")]
    [InlineData("GET", "/a", "b", "c\0de", "")]
    [InlineData("GET", "/a", "b", "cd\0", "e")]
    [InlineData("GET", "/a", "b", "c\0d\0c\0d", "e")]
    [InlineData("GET", "/a", "b", "c\0d", "e\0")]
    public void Of_FieldsThatDifferOrEndElsewhere_IsAnother(string method, string path, string query, string headers, string body)
        => Assert.NotEqual(Of("GET", "/a", "b", "c\0d", "e"), Of(method, path, query, headers, body));

    [Fact]
    public void Of_HeadersInAnotherOrder_IsAnother()
        => Assert.NotEqual(Of(headers: "a\01\0a\02"), Of(headers: "a\02\0a\01"));

    // What a proxy or a tracer gives each attempt anew.
    [Theory]
    [InlineData("x-request-id")]
    [InlineData("x-request-start")]
    [InlineData("traceparent")]
    [InlineData("tracestate")]
    [InlineData("x-b3-spanid")]
    [InlineData("x-amzn-trace-id")]
    [InlineData("x-correlation-id")]
    [InlineData("x-hydra-affinity-moved")]
    public void Of_HeaderThatDiffersEachTime_IsTheSameWithAnyValueOrWithout(string name)
    {
        ulong expected = Of(headers: "host\0a");
        Assert.Equal(expected, Of(headers: $"host\0a\0{name}\01"));
        Assert.Equal(expected, Of(headers: $"{name}\0another\0host\0a"));
    }

    [Theory]
    [InlineData("x-requested-with")]
    [InlineData("x-b3")]
    [InlineData("x-real-ip")]
    [InlineData("trace")]
    public void Of_HeaderOfASimilarName_Counts(string name)
        => Assert.NotEqual(Of(headers: $"{name}\01"), Of(headers: $"{name}\02"));

    [Fact]
    public void Of_BodiesOfZerosOfAnyLength_AreAllDifferent()
    {
        // A hash that takes eight bytes at a time could lose zeros at the end.
        HashSet<ulong> seen = [.. Enumerable.Range(0, 100).Select(length => Of(body: new string('\0', length)))];
        Assert.Equal(100, seen.Count);
    }

    [Fact]
    public void Of_OneBitAnywhereInTheBody_MakesAnother()
    {
        byte[] body = new byte[41];
        HashSet<ulong> seen = [Of(body: Encoding.Latin1.GetString(body))];
        for (int bit = 0; bit < body.Length * 8; bit++)
        {
            body[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(Of(body: Encoding.Latin1.GetString(body))), $"bit {bit}");
            body[bit / 8] = 0;
        }
    }

    [Fact]
    public void Of_AThousandPaths_AreAllDifferent()
        => Assert.Equal(1000, Enumerable.Range(0, 1000).Select(i => Of(path: $"/item/{i}")).Distinct().Count());

    [Fact]
    public void Of_FrameThatCannotBeRead_IsStillANumberOfItsBytes()
    {
        byte[] frame = Frame("GET", "/a", "", "", "");
        byte[] cut = frame[..^1];
        byte[] other = [.. cut];
        other[^1] ^= 1;

        Assert.Equal(RequestFingerprint.Of(cut), RequestFingerprint.Of([.. cut]));
        Assert.NotEqual(RequestFingerprint.Of(cut), RequestFingerprint.Of(other));
    }

    private static ulong Of(string method = "GET", string path = "/", string query = "", string headers = "", string body = "")
        => RequestFingerprint.Of(Frame(method, path, query, headers, body));

    private static byte[] Frame(string method, string path, string query, string headers, string body)
    {
        var frame = new ArrayBufferWriter<byte>();
        new RequestMessage
        {
            Method = Encoding.Latin1.GetBytes(method),
            RawPath = Encoding.Latin1.GetBytes(path),
            Query = Encoding.Latin1.GetBytes(query),
            Headers = Encoding.Latin1.GetBytes(headers),
            Body = Encoding.Latin1.GetBytes(body),
        }.WriteFrame(frame, FrameFlags.End, 0);
        return frame.WrittenSpan.ToArray();
    }
}
