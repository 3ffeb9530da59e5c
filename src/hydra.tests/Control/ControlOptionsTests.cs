using Hydra.Configuration;
using Hydra.Control;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Control;

/// <summary>What hydra status, hydra top and hydra ctl make of their arguments.</summary>
public class ControlOptionsTests
{
    [Fact]
    public void Read_SocketGivenInManyPlaces_TheStrongestCounts()
    {
        var environment = new Dictionary<string, string> { ["HYDRA_CONTROL_SOCKET"] = "/b.sock" };

        Assert.Equal("/a.sock", Read(environment, "control-socket = \"/c.sock\"", "status", "--control-socket", "/a.sock").Socket);
        Assert.Equal("/b.sock", Read(environment, "control-socket = \"/c.sock\"", "status").Socket);
        Assert.Equal("/c.sock", Read([], "control-socket = \"/c.sock\"", "status").Socket);
    }

    [Theory]
    [InlineData("--chdir")]
    [InlineData("--config")]
    public void Read_FileElsewhere_IsFoundAsTheServerFindsIt(string option)
    {
        using var directory = new TestDirectory();
        string file = directory.Write("hydra.toml", "control-socket = \"run.sock\"\n");
        List<string> errors = [];
        string value = option == "--chdir" ? directory.Path : file;
        ControlOptions options = ControlOptions.Read(["status", option, value], new Dictionary<string, string>(), ConfigFile.Find, errors);

        Assert.Empty(errors);
        string beginning = option == "--chdir" ? directory.Path : Directory.GetCurrentDirectory();
        Assert.Equal(Path.Combine(beginning, "run.sock"), options.Socket);
    }

    [Fact]
    public void Read_NoSocketNamed_SaysWhereItMayBe() => Assert.StartsWith("No control socket is named.", Assert.Single(Errors("status")), StringComparison.Ordinal);

    [Theory]
    [InlineData("ctl", "No command is named.")]
    [InlineData("ctl relaod", "\"relaod\" is no command; did you mean reload?")]
    [InlineData("ctl quite-another", "\"quite-another\" is no command.")]
    [InlineData("ctl reload now", "reload has no argument.")]
    [InlineData("ctl scale", "scale needs one argument: N.")]
    [InlineData("ctl scale many", "scale: \"many\" is not a number.")]
    [InlineData("ctl stack -1", "Unknown option -1.")]
    [InlineData("ctl log-level loud", "log-level: \"loud\" is none of critical|error|warning|info|debug|trace.")]
    [InlineData("status now", "\"now\" is one word too many for hydra status.")]
    [InlineData("status --jsn", "Unknown option --jsn; did you mean --json?")]
    [InlineData("replay one", "\"one\" is no number of a request")]
    [InlineData("replay 1 2", "\"2\" is one word too many for hydra replay")]
    [InlineData("status --force", "Unknown option --force.")]
    [InlineData("status --pool", "--pool needs a value.")]
    [InlineData("top --interval 0", "--interval: \"0\" is not a time from 100ms to 1h.")]
    public void Read_WhatIsWrong_IsASentence(string line, string expected)
        => Assert.StartsWith(expected, Errors([.. line.Split(' '), "--control-socket=/a.sock"])[0], StringComparison.Ordinal);

    [Fact]
    public void Read_Help_IsGivenWhateverElseIsWrong() => Assert.True(Read([], "", "ctl", "--help", "--wrong").WantsHelp);

    [Theory]
    [InlineData("reload", "POST", "/v1/reload")]
    [InlineData("drain", "POST", "/v1/drain")]
    [InlineData("resume", "POST", "/v1/resume")]
    [InlineData("stop", "POST", "/v1/stop")]
    [InlineData("restart-worker 3", "POST", "/v1/workers/3/restart")]
    [InlineData("stack 3 --pool /a&b", "GET", "/v1/workers/3/stack?pool=%2Fa%26b")]
    [InlineData("scale 8", "POST", "/v1/scale?workers=8")]
    [InlineData("scale 8 --pool /api", "POST", "/v1/scale?workers=8&pool=%2Fapi")]
    [InlineData("log-level WARN", "POST", "/v1/log-level?level=WARN")]
    public void RequestOf_Command_IsItsPath(string line, string method, string target)
    {
        ControlRequest request = ControlCommands.RequestOf(Read([], "", ["ctl", .. line.Split(' '), "--control-socket", "/a.sock"]));

        Assert.Equal((method, target), (request.Method, request.Target));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("top")]
    [InlineData("ctl")]
    public void Write_Help_FitsATerminal(string program)
    {
        var help = new StringWriter();
        ControlHelp.Write(help, program);

        Assert.StartsWith($"Usage: hydra {program} ", help.ToString(), StringComparison.Ordinal);
        Assert.All(ControlCommands.All, command => Assert.Equal(program == "ctl", help.ToString().Contains($"\n  {command.Name}", StringComparison.Ordinal)));
    }

    private static ControlOptions Read(Dictionary<string, string> environment, string file, params string[] args)
    {
        List<string> errors = [];
        ControlOptions options = ControlOptions.Read(args, environment, (_, _, told) => ConfigFile.Read(file, "hydra.toml", isProject: false, told), errors);
        Assert.Empty(errors);
        return options;
    }

    private static List<string> Errors(params string[] args)
    {
        List<string> errors = [];
        ControlOptions.Read(args, new Dictionary<string, string>(), null, errors);
        return errors;
    }
}
