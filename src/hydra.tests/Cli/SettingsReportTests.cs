using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Tests.Configuration;
using Xunit;

namespace Hydra.Tests.Cli;

/// <summary>What "hydra check" prints of addresses and secrets.</summary>
public sealed class SettingsReportTests
{
    [Fact]
    public void Write_PortOfAPlatform_NamesTheHostThatComesWithIt()
    {
        string[] lines = Report([("PORT", "9999")]);

        Assert.Equal("# listens at 0.0.0.0:9999", lines[0]);
        Assert.Single(lines, static line => line.StartsWith("host = \"0.0.0.0\" ", StringComparison.Ordinal) && line.EndsWith("# default with PORT", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_PortThatIsGiven_LeavesTheHost()
        => Assert.Single(Report([], "--port", "9999"), static line => line.StartsWith("host = \"127.0.0.1\" ", StringComparison.Ordinal));

    [Theory]
    [InlineData("# listens at uwsgi://127.0.0.1:3031", "--bind", "uwsgi://127.0.0.1:3031")]
    [InlineData("# listens at suwsgi://127.0.0.1:3031", "--bind", "suwsgi://127.0.0.1:3031", "--ssl-certfile", "c", "--ssl-keyfile", "k")]
    [InlineData("# listens at https://127.0.0.1:8443, 127.0.0.1:8080", "--bind", "127.0.0.1:8443", "--bind", "http://127.0.0.1:8080", "--ssl-certfile", "c", "--ssl-keyfile", "k")]
    [InlineData("# listens at 127.0.0.1:8000")]
    public void Write_Addresses_SayWhatIsSpokenThere(string expected, params string[] arguments) => Assert.Equal(expected, Report([], arguments)[0]);

    [Fact]
    public void Write_HeaderForACollector_IsHidden()
    {
        string text = string.Join('\n', Report([], "--trace-header", "api-key=hush"));

        Assert.Contains("trace-header = \"api-key=***\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_PasswordOfRedis_IsHidden()
    {
        string[] lines = Report([("HYDRA_STATE", "redis://u:s3cret@cache/1")], "--mount", "/other=main:app,state=redis://:s3cret@other");

        Assert.Contains(lines, static line => line.StartsWith("state = \"redis://u:***@cache/1\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("s3cret", StringComparison.Ordinal));
    }

    private static string[] Report((string Name, string Value)[] environment, params string[] arguments)
    {
        ParseResult.Run run = Assert.IsType<ParseResult.Run>(
            CommandLine.Parse(["check", "main:app", .. arguments], environment.ToDictionary(static v => v.Name, static v => v.Value), Parsing.Windowless));
        using var output = new StringWriter();
        SettingsReport.Write(output, run.Options, run.Settings!);
        return output.ToString().Split('\n');
    }
}
