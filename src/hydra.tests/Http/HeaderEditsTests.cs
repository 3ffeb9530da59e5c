using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class HeaderEditsTests
{
    [Theory]
    [InlineData("a=1 b=2", "", "", "a=1 b=2")]
    [InlineData("a=1 b=2", "a", "", "b=2")]
    [InlineData("a=1 b=2", "b", "", "a=1")]
    [InlineData("a=1 b=2", "c ab", "", "a=1 b=2")]
    [InlineData("a=1 b=2 a=3", "a", "", "b=2")]
    [InlineData("a=1", "a", "", "")]
    [InlineData("a=1", "", "b=2 b=3", "a=1 b=2 b=3")]
    [InlineData("a=1 b=2", "a", "a=3", "b=2 a=3")]
    [InlineData("a=1", "a", "c=4", "c=4")]
    [InlineData("", "a", "", "")]
    [InlineData("", "", "a=1", "a=1")]
    [InlineData("a= b=", "b", "c=", "a= c=")]
    public void Apply_RemovedAndAdded_InOrder(string block, string removed, string added, string expected)
    {
        var edits = new HeaderEdits(Words(removed), [.. Fields(added).Select(field => KeyValuePair.Create(field.Name, field.Value))]);
        byte[] source = HeaderLists.Block(Fields(block));
        byte[] target = new byte[source.Length + edits.Growth];
        int written = edits.Apply(source, target);

        Assert.Equal(Fields(expected), HeaderLists.Read(target.AsSpan(0, written)));
        Assert.Equal(HeaderLists.Block(Fields(expected)), target[..written]);
    }

    [Fact]
    public void Apply_ValuesInLatin1_KeepTheirBytes()
    {
        var edits = new HeaderEdits([], [KeyValuePair.Create("b", "\u00fc")]);
        byte[] target = new byte[100];
        int written = edits.Apply(HeaderLists.Block(("a", "\u00e4")), target);

        Assert.Equal("a\0\u00e4\0b\0\u00fc", Encoding.Latin1.GetString(target, 0, written));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteHead_FactsWithEdits_TellsTheWorkerOfThem(bool isCaptured)
    {
        (string, string)[] headers = [("Host", "a"), ("X-Forwarded-For", "6.6.6.6"), ("Accept", "*/*"), ("X-FORWARDED-For", "7.7.7.7")];
        RequestFacts facts = FrameWriting.Facts with
        {
            Headers = new HeaderEdits(["x-forwarded-for"], [KeyValuePair.Create("x-forwarded-for", "1.2.3.4")]),
        };
        var writer = new RequestFrameWriter();
        byte[] head = isCaptured ? FrameWriting.Head("POST", "/a?b", headers) : [];
        Assert.Equal("None", FrameWriting.WriteHead(writer, FrameWriting.Parsed("POST", "/a?b", headers), facts, head));
        writer.AppendBody(Segments.Of([1, 2, 3]));
        writer.Finish(FrameFlags.End);
        SentRequest sent = SentRequest.Read(writer.Frame);
        writer.Release();

        Assert.Equal([("host", "a"), ("accept", "*/*"), ("x-forwarded-for", "1.2.3.4")], sent.Headers);
        Assert.Equal(("/a", "b"), (sent.Path, sent.Query));
        Assert.Equal([1, 2, 3], sent.Body);
    }

    // The bound is that of what the worker gets, not of what the client has sent.
    [Fact]
    public void WriteHead_EditsMakeItTooLarge_IsRefused()
    {
        RequestFacts facts = FrameWriting.Facts with
        {
            Headers = new HeaderEdits([], [KeyValuePair.Create("a", new string('b', ProtocolLimits.MaxHeaders))]),
        };
        var writer = new RequestFrameWriter();
        Assert.Equal("HeadTooLarge", FrameWriting.WriteHead(writer, FrameWriting.Parsed("GET", "/"), facts, FrameWriting.Head("GET", "/")));
        writer.Release();
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static List<(string Name, string Value)> Fields(string text)
        => [.. Words(text).Select(word => word.Split('=')).Select(parts => (parts[0], parts[1]))];
}
