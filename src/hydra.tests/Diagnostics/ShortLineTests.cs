using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class ShortLineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 34, 56, TimeSpan.FromHours(1));

    [Theory]
    [InlineData(200, false, "12:34:56 GET    /a?b=1 200 0.8ms")]
    [InlineData(200, true, "\e[2m12:34:56\e[0m GET    /a?b=1 \e[32m200\e[0m 0.8ms")]
    [InlineData(404, true, "\e[2m12:34:56\e[0m GET    /a?b=1 \e[33m404\e[0m 0.8ms")]
    [InlineData(500, true, "\e[2m12:34:56\e[0m GET    /a?b=1 \e[31m500\e[0m 0.8ms")]
    public void Write_Request_IsShort(int status, bool colors, string expected)
    {
        LineBuilder line = LineBuilder.Rent();
        ShortLine.Write(line, Noon, new AccessEntry { Method = "GET", Target = "/a?b=1", Status = status, Elapsed = TimeSpan.FromMicroseconds(800) }, colors);

        Assert.Equal(expected, Encoding.UTF8.GetString(line.Written));
    }

    [Fact]
    public void Write_TargetThatIsNoText_ChangesNoLine()
    {
        LineBuilder line = LineBuilder.Rent();
        ShortLine.Write(line, Noon, new AccessEntry { Method = "", Target = "/\e[31m\n", Status = 0 }, colors: false);

        Assert.DoesNotContain('\n', Encoding.UTF8.GetString(line.Written));
        Assert.DoesNotContain('\e', Encoding.UTF8.GetString(line.Written));
    }
}
