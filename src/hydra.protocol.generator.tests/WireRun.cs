using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

/// <summary>A change to one of the declaration's files: the first text becomes the second. File null adds the text as a file.</summary>
internal sealed record Edit(string? File, string Old, string New)
{
    public static Edit Add(string text) => new(null, "", text);
}

/// <summary>One run of the generator over the declaration of src/hydra/Protocol, after some edits.</summary>
internal sealed partial record WireRun(CSharpCompilation Input, Compilation Output, GeneratorDriverRunResult Result)
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";

    public static readonly string CheckedInPython = Resource("wire.py");

    public static readonly string CheckedInC = Resource("wire.h");

    private static readonly string[] Files =
        ["Enums.cs", "Messages.cs", "ProtocolLimits.cs", "WireAttributes.cs", "FrameHeader.cs", "FrameReadStatus.cs", "BootDocument.cs"];

    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public ulong Hash => ulong.Parse(HashPattern().Match(Source("WireSchema.g.cs")).Groups[1].Value, NumberStyles.HexNumber);

    public string Python => LiteralPattern().Match(Source("WireSchema.Python.g.cs")).Groups[1].Value;

    public string C => LiteralPattern().Match(Source("WireSchema.C.g.cs")).Groups[1].Value;

    public IEnumerable<string> Ids => Result.Diagnostics.Select(item => item.Id);

    /// <summary>Runs without looking at wire.py and wire.h.</summary>
    public static WireRun Of(params Edit[] edits) => Of(Compile(edits), Driver(check: "false"));

    public static WireRun Of(CSharpCompilation input, GeneratorDriver driver)
    {
        GeneratorDriver run = driver.RunGeneratorsAndUpdateCompilation(input, out Compilation output, out _);
        return new(input, output, run.GetRunResult());
    }

    public static GeneratorDriver Driver(string? check = null, params AdditionalText[] files) => CSharpGeneratorDriver.Create(
        [new WireGenerator().AsSourceGenerator()],
        files,
        new CSharpParseOptions(LanguageVersion.Latest),
        new Options(check),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static CSharpCompilation Compile(params Edit[] edits)
    {
        var texts = Files.ToDictionary(name => name, Resource);
        foreach (Edit edit in edits)
        {
            if (edit.File is null)
            {
                texts.Add($"Added{texts.Count}.cs", edit.New);
                continue;
            }

            Assert.Contains(edit.Old, texts[edit.File], StringComparison.Ordinal);
            texts[edit.File] = texts[edit.File].Replace(edit.Old, edit.New, StringComparison.Ordinal);
        }

        return CSharpCompilation.Create(
            "declaration",
            texts.Append(new("ImplicitUsings.cs", ImplicitUsings)).Select(item => Parse(item.Value, item.Key)),
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    public static SyntaxTree Parse(string text, string path) =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Latest), path);

    public string Source(string hint) =>
        Result.Results.Single().GeneratedSources.Single(item => item.HintName == hint).SourceText.ToString();

    private static string Resource(string name)
    {
        using Stream stream = typeof(WireRun).Assembly.GetManifestResourceStream(name)!;
        return new StreamReader(stream).ReadToEnd();
    }

    [GeneratedRegex("const ulong Hash = 0x([0-9a-f]{16});")]
    private static partial Regex HashPattern();

    [GeneratedRegex("\n\"\"\"\"\n(.*\n)\"\"\"\" \\+", RegexOptions.Singleline)]
    private static partial Regex LiteralPattern();

    private sealed class Options(string? check) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(check);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    private sealed class Values(string? check) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value)
        {
            value = check ?? "";
            return check is not null && key == "build_property.HydraWireCheck";
        }
    }
}

/// <summary>A file beside the sources.</summary>
internal sealed class MemoryText(string path, string text) : AdditionalText
{
    public override string Path => path;

    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
}
