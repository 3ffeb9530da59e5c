using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Protocol.Generator;

/// <summary>Reads single symbols into the model.</summary>
internal static class WireParser
{
    public const string Namespace = "Hydra.Protocol";

    /// <summary>Names that the generated part of a message declares, or uses for its parameters.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "Type", "FixedSize", "PayloadSize", "TryRead", "Write", "WriteFrame", "WriteFixed", "ThrowIfTooLong", "Destination",
    };

    public static Parsed<WireMessage> Message(INamedTypeSymbol symbol, AttributeData attribute)
    {
        LocationInfo location = LocationInfo.Of(symbol);
        if (!IsMessageStruct(symbol))
        {
            return Refuse<WireMessage>(DiagnosticInfo.At(WireDiagnostics.NotAMessageStruct, location, symbol.Name));
        }

        var fields = new List<WireField>();
        var diagnostics = new List<DiagnosticInfo>();
        foreach (IPropertySymbol property in symbol.GetMembers().OfType<IPropertySymbol>().Where(item => !item.IsStatic))
        {
            if (Field(property, diagnostics) is { } field)
            {
                fields.Add(field);
            }
        }

        ImmutableArray<TypedConstant> arguments = attribute.ConstructorArguments;
        if (diagnostics.Count > 0
            || arguments.Length != 2
            || arguments[0].Value is not byte number
            || arguments[1].Value is not int direction)
        {
            return Refuse<WireMessage>([.. diagnostics]);
        }

        long flags = attribute.NamedArguments
            .Where(item => item.Key == nameof(WireMessageAttribute.Flags))
            .Select(item => Convert.ToInt64(item.Value.Value))
            .FirstOrDefault();
        var message = new WireMessage(symbol.Name, number, (WireDirection)direction, flags, fields.ToEquatable(), location);
        return new(message, default);
    }

    public static Parsed<WireDocument> Document(INamedTypeSymbol symbol, AttributeData attribute)
    {
        var fields = new List<DocumentField>();
        var diagnostics = new List<DiagnosticInfo>();
        foreach (IPropertySymbol property in symbol.GetMembers().OfType<IPropertySymbol>()
            .Where(item => !item.IsStatic && item.DeclaredAccessibility == Accessibility.Public))
        {
            string? type = property.Type.SpecialType switch
            {
                SpecialType.System_String => "str",
                SpecialType.System_Int32 => "int",
                SpecialType.System_Boolean => "bool",
                _ => null,
            };
            if (type is null)
            {
                diagnostics.Add(DiagnosticInfo.At(
                    WireDiagnostics.UnsupportedDocumentProperty, LocationInfo.Of(property), symbol.Name, property.Name));
                continue;
            }

            fields.Add(new(property.Name, type));
        }

        if (diagnostics.Count > 0 || attribute.ConstructorArguments.FirstOrDefault().Value is not string name)
        {
            return Refuse<WireDocument>([.. diagnostics]);
        }

        return new(new WireDocument(symbol.Name, name, fields.ToEquatable(), LocationInfo.Of(symbol)), default);
    }

    public static WireEnum Enum(INamedTypeSymbol symbol, AttributeData attribute)
    {
        string prefix = attribute.NamedArguments
            .Where(item => item.Key == nameof(WireEnumAttribute.PythonPrefix))
            .Select(item => item.Value.Value as string)
            .FirstOrDefault() ?? "";
        return new(
            symbol.Name,
            prefix,
            symbol.EnumUnderlyingType!.ToDisplayString(),
            Constants(symbol).ToEquatable(),
            LocationInfo.Of(symbol));
    }

    public static WireLimits Limits(INamedTypeSymbol symbol) =>
        new(Constants(symbol).ToEquatable(), LocationInfo.Of(symbol));

    private static IEnumerable<WireConstant> Constants(INamedTypeSymbol symbol) =>
        from field in symbol.GetMembers().OfType<IFieldSymbol>()
        where field.HasConstantValue && field.ConstantValue is byte or sbyte or short or ushort or int or uint or long
        select new WireConstant(field.Name, Convert.ToInt64(field.ConstantValue));

    private static bool IsMessageStruct(INamedTypeSymbol symbol) =>
        symbol is { TypeKind: TypeKind.Struct, IsReadOnly: true, IsRefLikeType: true, IsGenericType: false, ContainingType: null }
        && symbol.ContainingNamespace.ToDisplayString() == Namespace
        && symbol.DeclaringSyntaxReferences.All(item =>
            item.GetSyntax() is TypeDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static WireField? Field(IPropertySymbol property, List<DiagnosticInfo> diagnostics)
    {
        AttributeData? bytes = property.GetAttributes().FirstOrDefault(item =>
            item.AttributeClass?.ToDisplayString() == Namespace + "." + nameof(WireBytesAttribute));
        bool isSpan = property.Type.ToDisplayString() == "System.ReadOnlySpan<byte>";
        FieldKind? kind = property.Type.SpecialType switch
        {
            SpecialType.System_Byte => FieldKind.U8,
            SpecialType.System_UInt16 => FieldKind.U16,
            SpecialType.System_UInt32 => FieldKind.U32,
            SpecialType.System_UInt64 => FieldKind.U64,
            _ => isSpan && bytes is not null ? BytesKind(bytes) : null,
        };
        DiagnosticDescriptor? wrong = property switch
        {
            _ when bytes is not null && !isSpan => WireDiagnostics.LengthWithoutBytes,
            _ when bytes is null && isSpan => WireDiagnostics.BytesWithoutLength,
            { GetMethod: null } or { SetMethod: not { IsInitOnly: true } } or { IsIndexer: true } => WireDiagnostics.UnsupportedProperty,
            _ when kind is null => WireDiagnostics.UnsupportedProperty,
            _ when Reserved.Contains(property.Name) => WireDiagnostics.ReservedName,
            _ => null,
        };
        if (wrong is null)
        {
            return new(property.Name, kind!.Value);
        }

        diagnostics.Add(DiagnosticInfo.At(wrong, LocationInfo.Of(property), property.ContainingType.Name, property.Name));
        return null;
    }

    private static FieldKind BytesKind(AttributeData attribute) => attribute.ConstructorArguments.FirstOrDefault().Value switch
    {
        (int)WireLength.U8 => FieldKind.Bytes8,
        (int)WireLength.U16 => FieldKind.Bytes16,
        _ => FieldKind.Bytes32,
    };

    private static Parsed<T> Refuse<T>(params DiagnosticInfo[] diagnostics)
        where T : class, IEquatable<T> => new(null, diagnostics.ToEquatable());
}
