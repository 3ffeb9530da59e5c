using System.Diagnostics;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Control;
using Xunit;

namespace Hydra.Tests.Control;

public sealed class CompletionProgramTests
{
    [Theory]
    [InlineData("bash", "--{0} ")]
    [InlineData("zsh", "--{0}")]
    [InlineData("fish", " -l {0} ")]
    public void Run_Shell_PrintsAScriptWithEachOptionAndCommand(string shell, string form)
    {
        string script = Script(shell);

        Assert.All(OptionTable.All.SelectMany(CompletedValue.Names), name => Assert.Contains(string.Format(null, form, name), script, StringComparison.Ordinal));
        Assert.All(ControlCommands.All, command => Assert.Contains(command.Name, script, StringComparison.Ordinal));
        Assert.All(ControlOptions.Programs, program => Assert.Contains(program, script, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData]
    [InlineData("ksh")]
    [InlineData("bash", "zsh")]
    public void Run_NoShellThatIsKnown_IsAMistake(params string[] words)
    {
        (int? code, string output, string error) = Run(["completion", .. words]);

        Assert.Equal((ExitCodes.Usage, ""), (code, output));
        Assert.Contains("bash, zsh, fish", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("completion:app")]
    [InlineData("--app", "completion")]
    public void Run_AnotherFirstWord_IsNotForIt(params string[] args) => Assert.Equal((null, "", ""), Run(args));

    [Fact]
    public void Run_Help_SaysHowItIsUsed() => Assert.Contains("source <(hydra completion bash)", Run(["completion", "--help"]).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("hydra --log-le", "--log-level")]
    [InlineData("hydra --log-level d", "debug")]
    [InlineData("hydra --log-level = d", "debug")]
    [InlineData("hydra --log-level =", "critical debug error info trace warning")]
    [InlineData("hydra st", "status")]
    [InlineData("hydra ctl rest", "restart-worker")]
    [InlineData("hydra ctl log-level w", "warning")]
    [InlineData("hydra completion z", "zsh")]
    [InlineData("hydra status --j", "--json")]
    [InlineData("hydra check --no-prel", "--no-preload")]
    [InlineData("hydra --access-log x", "")]
    [InlineData("hydra --chdir /et", "/etc")]
    [InlineData("hydra -c /etc/passw", "/etc/passwd /etc/passwd-")]
    public async Task Bash_Word_IsCompleted(string line, string expected)
    {
        const string Ask = "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _hydra; printf '%s\\n' \"${COMPREPLY[@]}\"";
        string answer = await AskAsync("bash", ["-c", Script("bash") + Ask, .. line.Split(' ').Prepend("bash")]);

        Assert.Equal(expected, string.Join(' ', answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
    }

    [ShellTheory("fish")]
    [InlineData("hydra --log-le", "--log-level")]
    [InlineData("hydra --log-level d", "debug")]
    [InlineData("hydra --log-level=d", "--log-level=debug")]
    [InlineData("hydra st", "status")]
    [InlineData("hydra ctl rest", "restart-worker")]
    [InlineData("hydra ctl log-level w", "warning")]
    [InlineData("hydra status --j", "--json")]
    [InlineData("hydra check --no-prel", "--no-preload")]
    public async Task Fish_Word_IsCompleted(string line, string expected)
    {
        string answer = await AskAsync("fish", ["--no-config", "-c", Script("fish") + $"complete -C '{line}'"]);

        Assert.Equal(expected, string.Join(' ', answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Split('\t')[0]).Order(StringComparer.Ordinal)));
    }

    // Keys are typed into a shell in a pseudo-terminal of its own, as zsh completes nowhere else; what it has made of the line comes back.
    [ShellTheory("zsh")]
    [InlineData("hydra --log-le", "hydra --log-level=")]
    [InlineData("hydra --log-level=d", "hydra --log-level=debug")]
    [InlineData("hydra --log-level d", "hydra --log-level debug")]
    [InlineData("hydra st", "hydra status")]
    [InlineData("hydra ctl rest", "hydra ctl restart-worker")]
    [InlineData("hydra ctl log-level w", "hydra ctl log-level warning")]
    [InlineData("hydra status --j", "hydra status --json")]
    [InlineData("hydra check --no-prel", "hydra check --no-preload")]
    public async Task Zsh_Word_IsCompleted(string line, string expected)
    {
        using var directory = new Workers.TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "_hydra"), Script("zsh"));
        string setUp = $"""
            fpath=({directory.Path} $fpath); autoload -Uz compinit; compinit -D -u; PS1=; stty -echo
            show() {"{"} print -r -- "<<$BUFFER>>"; exit {"}"}; zle -N show; bindkey '^X' show; print begun
            """;
        await File.WriteAllTextAsync(Path.Combine(directory.Path, ".zshrc"), setUp);
        const string Drive = """
            zmodload zsh/zpty; zpty shell "ZDOTDIR=$1 TERM=dumb zsh -i"
            zpty -r shell text '*begun*'; zpty -w -n shell "$2"$'\t\x18'; zpty -r shell text '*<<*>>*'; print -r -- "$text"
            """;
        string answer = await AskAsync("zsh", ["-f", "-c", Drive, "zsh", directory.Path, line]);

        Assert.Equal(expected, answer[(answer.LastIndexOf("<<", StringComparison.Ordinal) + 2)..answer.LastIndexOf(">>", StringComparison.Ordinal)].TrimEnd());
    }

    private static string Script(string shell)
    {
        (int? code, string output, string error) = Run(["completion", shell]);
        Assert.Equal((ExitCodes.Success, ""), (code, error));
        return output;
    }

    private static (int? Code, string Output, string Error) Run(string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (CompletionProgram.Run(args, output, error), output.ToString(), error.ToString());
    }

    private static async Task<string> AskAsync(string shell, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", await error);
        return output;
    }
}

/// <summary>A test with data that a shell runs, where there is that shell.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ShellTheoryAttribute : TheoryAttribute
{
    public ShellTheoryAttribute(string shell)
        => Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, shell))) ? null! : $"there is no {shell}";
}
