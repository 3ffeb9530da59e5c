using System.Text;
using System.Text.Json;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class WorkerJsonTests
{
    private static readonly DateTimeOffset Created = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public void Record_WithATraceback_IsOneObjectOnOneLine()
    {
        string text = Encoding.UTF8.GetString(WorkerJson.Record(LogLevel.Error, Created, new WorkerOrigin("", 3, 12), "app", "bad\n  \"é\"\e[0m"));

        Assert.Equal(
            "{\"hydra\":{\"worker\":3,\"pid\":12},\"timestamp\":\"2026-01-02T03:04:05.006+00:00\",\"level\":\"error\",\"logger\":\"app\","
                + "\"message\":\"bad\\n  \\\"é\\\"\\u001B[0m\"}\n",
            text);
        using var parsed = JsonDocument.Parse(text);
    }

    [Theory]
    [InlineData("text", ",\"timestamp\":\"2026-01-02T03:04:05.006+00:00\",\"message\":\"text\"}")]
    [InlineData("{\"event\":1}", ",\"event\":1}")]
    [InlineData(" { \"event\": {} } ", ",\"event\": {} }")]
    [InlineData("{}", "}")]
    [InlineData("{ }", "}")]
    [InlineData("{\"event\":1", ",\"timestamp\":\"2026-01-02T03:04:05.006+00:00\",\"message\":\"{\\\"event\\\":1\"}")]
    [InlineData("{x}", ",\"timestamp\":\"2026-01-02T03:04:05.006+00:00\",\"message\":\"{x}\"}")]
    [InlineData("{\"a\":1}{\"b\":2}", ",\"timestamp\":\"2026-01-02T03:04:05.006+00:00\",\"message\":\"{\\\"a\\\":1}{\\\"b\\\":2}\"}")]
    public void Line_Printed_IsAnObjectWithItsOrigin(string line, string rest)
    {
        string text = Encoding.UTF8.GetString(WorkerJson.Line(Created, new WorkerOrigin("", 0, 12), isError: true, line));

        Assert.Equal("{\"hydra\":{\"worker\":0,\"pid\":12,\"stream\":\"stderr\"}" + rest + "\n", text);
        using var parsed = JsonDocument.Parse(text);
    }

    [Fact]
    public void Line_OfTheTemplate_HasNoWorker()
        => Assert.StartsWith("{\"hydra\":{\"pid\":12,\"stream\":\"stdout\"},", Encoding.UTF8.GetString(WorkerJson.Line(Created, new WorkerOrigin("", -1, 12), false, "x")));
}
