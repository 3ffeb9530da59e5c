using Hydra.Cli;
using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Cli;

public sealed class HelpWriterTests
{
    [Fact]
    public void WriteHelp_Lines_FitATerminal()
        => Assert.All(Help().Split('\n'), static line => Assert.True(line.Length <= HelpWriter.Width, line));

    [Fact]
    public void WriteHelp_EveryOption_IsNamedWithItsAliases()
    {
        string help = Help();

        Assert.All(OptionTable.All, option =>
        {
            Assert.Contains(HelpWriter.Synopsis(option), help, StringComparison.Ordinal);
            Assert.All(option.Names, name => Assert.Contains("--" + name, help, StringComparison.Ordinal));
            Assert.All(option.SharedVariables, variable => Assert.Contains("$" + variable, help, StringComparison.Ordinal));
        });
        Assert.StartsWith("Usage: hydra [OPTIONS] MODULE:ATTR\n", help, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteHelp_Text_IsAscii() => Assert.All(Help(), static c => Assert.True(c is '\n' or (>= ' ' and <= '~'), $"{(int)c:x}"));

    [Fact]
    public void Answer_Help_GoesToOutput()
    {
        var output = new StringWriter();
        var error = new StringWriter();

        Assert.Equal(ExitCodes.Success, CommandOutcome.Answer(new ParseResult.ShowHelp(), output, error));
        Assert.NotEmpty(output.ToString());
        Assert.Empty(error.ToString());
    }

    [Fact]
    public void Answer_Version_IsOneLine()
    {
        var output = new StringWriter();

        Assert.Equal(ExitCodes.Success, CommandOutcome.Answer(new ParseResult.ShowVersion(), output, TextWriter.Null));
        Assert.Equal($"hydra 0.1.0 ({(VersionText.HasSpeedups ? "with" : "without")} speedups)\n", output.ToString());
    }

    [Fact]
    public void Answer_Errors_GoToErrorWithAHint()
    {
        var error = new StringWriter();

        Assert.Equal(ExitCodes.Usage, CommandOutcome.Answer(new ParseResult.Errors(["One.", "Two."]), TextWriter.Null, error));
        Assert.Equal("hydra: One.\nhydra: Two.\nUsage: hydra [OPTIONS] MODULE:ATTR\n\"hydra --help\" lists the options.\n", error.ToString());
    }

    private static string Help()
    {
        var output = new StringWriter();
        HelpWriter.WriteHelp(output);
        return output.ToString();
    }
}
