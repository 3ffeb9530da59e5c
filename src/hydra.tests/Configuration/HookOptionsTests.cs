using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class HookOptionsTests
{
    [Fact]
    public void Parse_SeveralOfAHook_KeepTheirOrder()
    {
        ApplicationOptions options = Parsing.Run("main:app", "--on-worker-start", "b:one", "--on-worker-start", "a:Two.three", "--instrument", "sentry", "--instrument", "x:y").Applications[0];

        Assert.Equal(["b:one", "a:Two.three"], options.Hooks.OnWorkerStart);
        Assert.Equal(["sentry", "x:y"], options.Python.Instrument);
        Assert.Equal(["--on-worker-start"], options.Hooks.Named());
    }

    [Theory]
    [InlineData("--on-starting")]
    [InlineData("--on-reload")]
    [InlineData("--on-worker-start")]
    [InlineData("--on-worker-ready")]
    public void Parse_HookOfAnotherForm_IsRefused(string option)
        => Assert.Equal(
            $"{option} (command line): \"hooks\" is not of the form module:function, such as \"shop.hooks:worker_exit\".",
            Assert.Single(Parsing.Errors("main:app", option, "hooks")));

    [Fact]
    public void Parse_UnknownAgent_IsRefused()
        => Assert.Equal("--instrument (command line): \"datadog\" is not opentelemetry, sentry or newrelic.", Assert.Single(Parsing.Errors("main:app", "--instrument", "datadog")));

    [Fact]
    public void Parse_HookOfAProgram_IsRefused()
        => Assert.Contains(
            "--on-reload calls a function of Python, which --interface proxy does without: leave it out.",
            Parsing.Errors("--interface", "proxy", "--on-reload", "a:b", "--", "node"));

    [Fact]
    public void Parse_Mount_HasWhatIsSaidForAllAndItsOwn()
    {
        IReadOnlyList<ApplicationOptions> all = Parsing.Run("main:app", "--on-starting", "a:b", "--mount", "/api=api:app,on-worker-start=c:d").Applications;

        Assert.Equal((1, 1, 0, 1), (all[0].Hooks.OnStarting.Count, all[1].Hooks.OnStarting.Count, all[0].Hooks.OnWorkerStart.Count, all[1].Hooks.OnWorkerStart.Count));
    }
}
