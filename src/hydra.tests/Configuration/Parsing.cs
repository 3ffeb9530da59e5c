using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>Short forms for tests of the parser.</summary>
internal static class Parsing
{
    public static readonly HostFacts Windowless = new(2, false);

    public static ParseResult Parse(params string[] args) => CommandLine.Parse(args, new Dictionary<string, string>(), Windowless);

    public static HydraOptions Run(params string[] args) => Run(Windowless, [], args);

    public static HydraOptions Run(HostFacts host, (string Name, string Value)[] environment, params string[] args)
        => Assert.IsType<ParseResult.Run>(CommandLine.Parse(args, environment.ToDictionary(v => v.Name, v => v.Value), host)).Options;

    public static IReadOnlyList<string> Errors(params string[] args) => Errors([], args);

    public static IReadOnlyList<string> Errors((string Name, string Value)[] environment, params string[] args)
        => Assert.IsType<ParseResult.Errors>(CommandLine.Parse(args, environment.ToDictionary(v => v.Name, v => v.Value), Windowless)).Messages;
}
