using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Hydra.Protocol.Generator;

/// <summary>
/// Makes the readers and writers of the link protocol, in C# and in Python, and its numbers for C, from the declaration in
/// src/hydra/Protocol, and refuses a python/hydra_worker/wire.py or python/speedups/wire.h that differs from it.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class WireGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<ImmutableArray<Parsed<WireMessage>>> messages = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                WireParser.Namespace + "." + nameof(WireMessageAttribute),
                static (_, _) => true,
                static (item, _) => WireParser.Message((INamedTypeSymbol)item.TargetSymbol, item.Attributes[0]))
            .Collect();
        IncrementalValueProvider<ImmutableArray<WireEnum>> enums = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                WireParser.Namespace + "." + nameof(WireEnumAttribute),
                static (_, _) => true,
                static (item, _) => WireParser.Enum((INamedTypeSymbol)item.TargetSymbol, item.Attributes[0]))
            .Collect();
        IncrementalValueProvider<ImmutableArray<WireLimits>> limits = context.SyntaxProvider
            .CreateSyntaxProvider(
                static (node, _) => node is ClassDeclarationSyntax { Identifier.ValueText: WireLimits.ClassName },
                static (item, token) => WireParser.Limits((INamedTypeSymbol)item.SemanticModel.GetDeclaredSymbol(item.Node, token)!))
            .Collect();
        IncrementalValueProvider<ImmutableArray<Parsed<WireDocument>>> documents = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                WireParser.Namespace + "." + nameof(WireDocumentAttribute),
                static (_, _) => true,
                static (item, _) => WireParser.Document((INamedTypeSymbol)item.TargetSymbol, item.Attributes[0]))
            .Collect();
        IncrementalValueProvider<Parsed<WireProtocol>> protocol = messages.Combine(enums).Combine(limits).Combine(documents)
            .Select(static (item, _) =>
                ProtocolBuilder.Build(item.Left.Left.Left, item.Left.Left.Right, item.Left.Right, item.Right));

        context.RegisterSourceOutput(protocol, static (output, item) => Produce(output, item));
        RegisterChecks(context, protocol);
    }

    private static void RegisterChecks(
        IncrementalGeneratorInitializationContext context, IncrementalValueProvider<Parsed<WireProtocol>> protocol)
    {
        IncrementalValueProvider<bool> enabled = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            !options.GlobalOptions.TryGetValue("build_property.HydraWireCheck", out string? value)
            || !string.Equals(value, "false", StringComparison.OrdinalIgnoreCase));
        IncrementalValueProvider<ImmutableArray<AdditionalText>> files = context.AdditionalTextsProvider
            .Where(static file => GeneratedFile.All.Any(item => item.IsAt(file.Path)))
            .Collect();
        IncrementalValueProvider<EquatableArray<DiagnosticInfo>> drift = protocol.Combine(files).Combine(enabled).Select(static (item, token) =>
            item.Right && item.Left.Left.Value is { } declared
                ? GeneratedFile.All.Select(file => file.Check(declared, item.Left.Right, token)).OfType<DiagnosticInfo>().ToEquatable()
                : default);
        context.RegisterSourceOutput(drift, static (output, found) =>
        {
            foreach (DiagnosticInfo diagnostic in found)
            {
                output.ReportDiagnostic(diagnostic.ToDiagnostic());
            }
        });
    }

    private static void Produce(SourceProductionContext output, Parsed<WireProtocol> parsed)
    {
        foreach (DiagnosticInfo diagnostic in parsed.Diagnostics)
        {
            output.ReportDiagnostic(diagnostic.ToDiagnostic());
        }

        if (parsed.Value is not { } protocol)
        {
            return;
        }

        foreach (WireMessage message in protocol.Messages)
        {
            Add(output, message.Name + ".g.cs", MessageEmitter.Emit(message, protocol.MemberOf(message)));
        }

        Add(output, "WireSchema.g.cs", SchemaEmitter.Schema(protocol));
        Add(output, "WireSchema.Python.g.cs", SchemaEmitter.Literal("PythonModule", GeneratedFile.Python.Path, GeneratedFile.Python.Emit(protocol)));
        Add(output, "WireSchema.C.g.cs", SchemaEmitter.Literal("CHeader", GeneratedFile.C.Path, GeneratedFile.C.Emit(protocol)));
    }

    private static void Add(SourceProductionContext output, string name, string text) =>
        output.AddSource(name, SourceText.From(text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
}
