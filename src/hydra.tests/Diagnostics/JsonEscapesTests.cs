using System.Text;
using System.Text.Json;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

/// <summary><see cref="JsonEscapes"/>, and that what logs write as JSON goes through it.</summary>
public sealed class JsonEscapesTests
{
    private const string Text = "a\u0085b\u009b31mc\u007fd\u202ee\u2028f\u2066g\u200eh";

    public static TheoryData<string> Lines => new()
    {
        Encoding.UTF8.GetString(ServerJson.Record(LogLevel.Error, DateTimeOffset.UnixEpoch, "hydra", Text, default)),
        Encoding.UTF8.GetString(WorkerJson.Record(LogLevel.Error, DateTimeOffset.UnixEpoch, new WorkerOrigin("", 0, 1), "app", Text)),
        Encoding.UTF8.GetString(WorkerJson.Line(DateTimeOffset.UnixEpoch, new WorkerOrigin("", 0, 1), true, Text)),
        Encoding.UTF8.GetString(WorkerJson.Line(DateTimeOffset.UnixEpoch, new WorkerOrigin("", 0, 1), true, $"{{\"message\":\"{Text}\"}}")),
        Encoding.UTF8.GetString(LineBuilder.Rent().Raw("{\"message\":"u8).Json(Text).Raw("}"u8).Written),
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Line_WithWhatTerminalsObey_HasItEscapedAndMeansTheSame(string line)
    {
        Assert.DoesNotContain(line.TrimEnd('\n'), static c => c < ' ' || c is >= '\x7f' and < '\xa0' or '\u200e' or '\u202e' or '\u2028' or '\u2066');
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal(Text, json.RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void Of_OtherText_StaysAsItIs() => Assert.Equal("\"\u00e4\u2020\u20ac\ud83d\ude00 x\"\n", Encoding.UTF8.GetString(JsonEscapes.Of("\"\u00e4\u2020\u20ac\ud83d\ude00 x\"\n"u8)));
}
