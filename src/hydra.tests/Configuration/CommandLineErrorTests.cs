using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class CommandLineErrorTests
{
    // "$NAME" of a shell, where nobody has set it.
    [Theory]
    [InlineData("--pid")]
    [InlineData("--chdir")]
    [InlineData("--env-file")]
    [InlineData("--spool-dir")]
    public void Parse_EmptyPath_IsRefused(string option)
        => Assert.Equal($"{option} (command line): the path is empty.", Assert.Single(Parsing.Errors("main:app", option, "")));

    [Fact]
    public void Parse_SeveralMistakes_AreAllReported()
    {
        IReadOnlyList<string> errors = Parsing.Errors(
            [("HYDRA_LOG_LEVEL", "inof"), ("HYDRA_BACKLOG", "many")], "main:app", "-w", "0", "--wokers", "3", "--keep-alive", "soon", "--loop", "uvlop");

        Assert.Equal(6, errors.Count);
        Assert.Contains("Unknown option --wokers (command line); did you mean --workers?", errors);
        Assert.Contains("-w (command line): \"0\" is neither a whole number from 1 to 1024, nor \"auto\", nor a range such as 1:4.", errors);
        Assert.Contains("--loop (command line): \"uvlop\" is not auto, asyncio, uvloop or trio; did you mean \"uvloop\"?", errors);
        Assert.Contains(
            "--keep-alive (command line): \"soon\" is not a duration; write seconds (30) or a number with a unit (500ms, 30s, 5m, 1h).", errors);
        Assert.Contains("--backlog (variable HYDRA_BACKLOG): \"many\" is not a whole number from 1 to 1000000.", errors);
        Assert.Contains(
            "--log-level (variable HYDRA_LOG_LEVEL): \"inof\" is not critical, error, warning, info, debug or trace; did you mean \"info\"?", errors);
    }

    [Theory]
    [InlineData("wsig", "--interface (command line): \"wsig\" is not auto, asgi, asgi2, wsgi, rsgi, raw, aiohttp, tornado, proxy or worker; did you mean \"wsgi\"?")]
    [InlineData("rack", "--interface (command line): \"rack\" is not auto, asgi, asgi2, wsgi, rsgi, raw, aiohttp, tornado, proxy or worker.")]
    [InlineData("shop.web:", "--interface (command line): \"shop.web:\" is not a module and an adapter in it; write package.module:Adapter.")]
    public void Parse_UnknownInterface_IsRefused(string name, string expected)
        => Assert.Equal(expected, Assert.Single(Parsing.Errors("main:app", "--interface", name)));

    [Fact]
    public void Parse_ProgramThatIsAWorker_TakesNothingOfPythons()
    {
        IReadOnlyList<string> errors = Parsing.Errors("--interface", "worker", "--app", "node app.js", "--preload", "--factory", "--on-worker-exit", "hooks:ended");

        Assert.Equal(3, errors.Count);
        Assert.All(errors, static error => Assert.Matches("--interface worker (is not|does without): leave it out.$", error));
    }

    [Fact]
    public void Parse_ProgramThatIsAWorker_HasToBeNamed()
        => Assert.Equal(
            "No command is named. Give it behind all options, such as \"hydra --interface worker -- node server.js\".", Assert.Single(Parsing.Errors("--interface", "worker")));

    [Theory]
    [InlineData("rloop:")]
    [InlineData(":new_event_loop")]
    [InlineData("loops.py:make")]
    [InlineData("loops:make()")]
    public void Parse_LoopFactoryOfAnotherForm_IsRefused(string name)
        => Assert.Equal(
            $"--loop (command line): \"{name}\" is not of the form module:factory, such as \"rloop:new_event_loop\".",
            Assert.Single(Parsing.Errors("main:app", "--loop", name)));

    [Theory]
    [InlineData("hooks")]
    [InlineData("hooks:")]
    [InlineData(":ended")]
    [InlineData("hooks.py:ended")]
    [InlineData("hooks:ended(1)")]
    public void Parse_ExitHookOfAnotherForm_IsRefused(string name)
        => Assert.Equal(
            $"--on-worker-exit (command line): \"{name}\" is not of the form module:function, such as \"shop.hooks:worker_exit\".",
            Assert.Single(Parsing.Errors("main:app", "--on-worker-exit", name)));

    [Fact]
    public void Parse_NoApplication_SaysHowToNameOne()
        => Assert.Equal(
            "No application is named. Give it as module:attribute, such as \"hydra main:app\" for the object \"app\" in main.py.",
            Assert.Single(Parsing.Errors()));

    [Theory]
    [InlineData("--access_log", "--access-log")]
    [InlineData("--no-acces-log", "--no-access-log")]
    [InlineData("--timeout-keepalive", "--timeout-keep-alive")]
    [InlineData("--ping-timeout", "--ws-ping-timeout")]
    [InlineData("-workers", "--workers")]
    [InlineData("-workers=4", "--workers")]
    public void Parse_MistypedOption_IsGivenTheRightOne(string written, string meant)
        => Assert.EndsWith($"did you mean {meant}?", Assert.Single(Parsing.Errors(written, "main:app")), StringComparison.Ordinal);

    [Theory]
    [InlineData("--completely-different", "Unknown option --completely-different (command line).")]
    [InlineData("-x", "Unknown option -x (command line).")]
    [InlineData("--port", "--port (command line) needs a value: PORT.")]
    [InlineData("--no-access-log=true", "--no-access-log (command line) takes no value.")]
    [InlineData("--help=yes", "--help (command line) takes no value.")]
    public void Parse_WrongForm_IsReported(string argument, string expected)
        => Assert.Equal(expected, Assert.Single(Parsing.Errors("main:app", argument)));

    [Fact]
    public void Parse_ValueForgottenBeforeAnOption_IsReported()
        => Assert.Equal("--host (command line) needs a value: HOST.", Assert.Single(Parsing.Errors("main:app", "--host", "--port", "9")));

    [Fact]
    public void Parse_UnknownOptionWithValue_IsOneError()
        => Assert.Single(Parsing.Errors("--worker-class", "gevent", "main:app"));

    [Theory]
    [InlineData("main:app", "other:app")]
    [InlineData("main:app", "--app", "other:app")]
    [InlineData("--app", "main:app", "other:app")]
    public void Parse_TwoApplications_AreRefused(params string[] args)
        => Assert.Equal(
            "MODULE:ATTR (command line): \"main:app\" is the application already; \"other:app\" is one too many.", Assert.Single(Parsing.Errors(args)));

    [Theory]
    [InlineData("main.py:app", "\"main:app\"")]
    [InlineData("./shop/web.py:application", "\"shop.web:application\"")]
    [InlineData("shop/web.py", "\"shop.web:app\"")]
    [InlineData("main:", "not of the form module:attribute")]
    [InlineData(":app", "not of the form module:attribute")]
    [InlineData("main:a:b", "not of the form module:attribute")]
    [InlineData("main:create(1", "not of the form module:attribute")]
    [InlineData("main()", "not of the form module:attribute")]
    [InlineData("a..b:app", "not of the form module:attribute")]
    [InlineData("", "not of the form module:attribute")]
    public void Parse_WrongApplication_IsExplained(string app, string expected)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors(app)), StringComparison.Ordinal);

    [Theory]
    [InlineData("shop", "does not begin with a slash")]
    [InlineData("/shop?x", "a character that a path cannot have")]
    public void Parse_WrongRootPath_IsExplained(string path, string expected)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors("main:app", "--root-path", path)), StringComparison.Ordinal);

    [Fact]
    public void Parse_ControlCharactersInAnArgument_AreEscapedInTheSentence()
        => Assert.Contains("\\x1b[31m", Assert.Single(Parsing.Errors("main:app", "--loop", "\e[31m")), StringComparison.Ordinal);

    [Fact]
    public void Parse_UnixSocketsForWorkersOnWindows_AreRefused()
    {
        ParseResult result = CommandLine.Parse(["main:app", "--worker-transport", "uds"], new Dictionary<string, string>(), new HostFacts(1, true));

        Assert.Contains("no Unix sockets on Windows", Assert.Single(Assert.IsType<ParseResult.Errors>(result).Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "tcp", "which Windows cannot do")]
    [InlineData(false, "tcp", "--preload needs --worker-transport uds")]
    public void Parse_PreloadWhereItCannotWork_IsRefused(bool isWindows, string transport, string expected)
    {
        ParseResult result = CommandLine.Parse(
            ["main:app", "--preload", "--worker-transport", transport], new Dictionary<string, string>(), new HostFacts(1, isWindows));

        Assert.Contains(expected, Assert.Single(Assert.IsType<ParseResult.Errors>(result).Messages), StringComparison.Ordinal);
    }
}
