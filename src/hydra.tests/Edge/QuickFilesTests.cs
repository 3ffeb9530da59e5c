using System.Buffers;
using System.Text;
using Hydra.Edge;
using Hydra.Files;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Workers;
using Hydra.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="QuickFiles"/>, a <see cref="QuickAnswers"/>, with the <see cref="QuickRequest"/>s that it takes from a <see cref="HeadCapture"/>.</summary>
public sealed class QuickFilesTests : IDisposable
{
    private const string Plain = "GET /static/a.css?v=1 HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly HotFiles _hot = new(1, 1024 * 1024);
    private bool _isEnding;

    public QuickFilesTests()
    {
        var tree = Tree();
        _directory.File("a.css", "content");
        _directory.File("a.css.gz", "zipped");
        Assert.Equal(TreeResult.File, tree.Find("a.css", true, out FoundFile? file));
        _hot.Keep(0, "/static/a.css"u8, file!, Environment.TickCount64);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryAnswer_PlainRequest_IsAnsweredWhole()
    {
        (long taken, string answer) = Ask(Plain + "GET /other");

        Assert.Equal(Plain.Length, taken);
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith(" GMT\r\n\r\ncontent", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nVary: Accept-Encoding\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, answer.Split("Date: ").Length - 1);
    }

    [Fact]
    public void TryAnswer_Coding_IsTheClients()
    {
        (_, string answer) = Ask("GET /static/a.css HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, gzip\r\nConnection: Keep-Alive\r\n\r\n");

        Assert.Contains("\r\nContent-Encoding: gzip\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nzipped", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /static/b.css HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET /static/%61.css HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET http://h/static/a.css HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("HEAD /static/a.css HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.0\r\nHost: h\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.2\r\nHost: h\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\"\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("GET /static/a.css HTTP/1.1\r\nHost: h\r\n")]
    public void TryAnswer_AnythingElse_IsForKestrel(string request) => Assert.Equal((0, ""), Ask(request));

    [Fact]
    public void TryAnswer_ServerEnds_IsForKestrel()
    {
        _isEnding = true;
        Assert.Equal((0, ""), Ask(Plain));
    }

    [Fact]
    public void TryAnswer_NotFreshAnyMore_IsForKestrel()
    {
        _hot.Confirm(0, "/static/a.css"u8, Environment.TickCount64 - HotFiles.Freshness);
        Assert.Equal((0, ""), Ask(Plain));
    }

    private (long Taken, string Answer) Ask(string request)
    {
        Assert.Null(MountPlace.Read("/static", out MountPlace place));
        var files = new StaticFiles([new StaticPlace(place, Tree())], _hot, new StaticAnswer(NullLogger.Instance), "");
        var quick = new QuickFiles(files, () => _isEnding, null) { LongestSilence = 1000 };
        var capture = new HeadCapture { Answers = new Asked(quick) };
        var output = new ArrayBufferWriter<byte>();
        long taken = capture.TryAnswer(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(request)), output);
        return (taken, Encoding.Latin1.GetString(output.WrittenSpan));
    }

    private StaticTree Tree() => new(new StaticSource(_directory.Path, "/static", false), new StaticSettings(), TimeProvider.System, NullLogger.Instance);

    private sealed class Asked(QuickAnswers quick) : IQuickAnswers
    {
        public long LongestSilence => quick.LongestSilence;

        public bool TryAnswer(CapturedHead head, IBufferWriter<byte> output) => quick.TryAnswer(null!, new QuickRequest(head), output);
    }
}
