using System.Text;
using System.Text.Json;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class ServerJsonTests
{
    [Fact]
    public void Log_RecordsOfTheServer_AreObjectsALine()
    {
        JsonElement record = Logged(new InvalidOperationException("broken"), "Hydra", "two\nlines");

        Assert.Equal(Environment.ProcessId, record.GetProperty("hydra").GetProperty("pid").GetInt32());
        Assert.Equal(("error", "hydra", "two\nlines"), (Text(record, "level"), Text(record, "logger"), Text(record, "message")));
        Assert.Contains("InvalidOperationException: broken", Text(record, "exception"), StringComparison.Ordinal);
        Assert.StartsWith("2026-11-24T", Text(record, "timestamp"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Exception in ASGI application [request abc-1]\nTraceback (most recent call last):\n  File\nValueError: x", "Traceback (most recent call last):\n  File\nValueError: x")]
    [InlineData("Exception in ASGI application [request abc-1]\n  + Exception Group Traceback (most recent call last):\n  | a", "  + Exception Group Traceback (most recent call last):\n  | a")]
    public void Log_RecordOfAWorker_HasItsTracebackAndItsRequestApart(string message, string traceback)
    {
        JsonElement record = JsonDocument.Parse(WorkerJson.Record(LogLevel.Error, DateTimeOffset.UnixEpoch, new WorkerOrigin("", 1, 2), "hydra.error", message).ToArray()).RootElement;

        Assert.Equal("Exception in ASGI application [request abc-1]", Text(record, "message"));
        Assert.Equal(traceback, Text(record, "exception"));
        Assert.Equal("abc-1", Text(record, "request_id"));
    }

    private static string Text(JsonElement record, string name) => record.GetProperty(name).GetString()!;

    private static JsonElement Logged(Exception error, string category, string message)
    {
        var stream = new MemoryStream();
        using (var log = new ServerLog(stream, LogLevel.Trace, new LogShape { AsJson = true }, FixedTime.Default))
        {
            new ServerLoggerProvider(log).CreateLogger(category).Log(LogLevel.Error, 0, message, error, static (text, _) => text);
        }

        string line = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        return JsonDocument.Parse(line).RootElement;
    }
}
