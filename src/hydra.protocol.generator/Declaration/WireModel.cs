namespace Hydra.Protocol.Generator;

/// <summary>How a property travels: as an integer of a fixed size, or as bytes behind a length of a fixed size.</summary>
internal enum FieldKind
{
    U8,
    U16,
    U32,
    U64,
    Bytes8,
    Bytes16,
    Bytes32,
}

/// <summary>One property of a message.</summary>
internal sealed record WireField(string Name, FieldKind Kind)
{
    public bool IsBytes => Kind is FieldKind.Bytes8 or FieldKind.Bytes16 or FieldKind.Bytes32;

    /// <summary>Bytes that the field, or its length, takes in the fixed part.</summary>
    public int FixedBytes => Kind switch
    {
        FieldKind.U8 or FieldKind.Bytes8 => 1,
        FieldKind.U16 or FieldKind.Bytes16 => 2,
        FieldKind.U32 or FieldKind.Bytes32 => 4,
        _ => 8,
    };

    /// <summary>The C# type of the field, or of its length, on the wire.</summary>
    public string FixedType => FixedBytes switch { 1 => "byte", 2 => "ushort", 4 => "uint", _ => "ulong" };

    /// <summary>The same in the language of Python's struct module.</summary>
    public char StructCode => FixedBytes switch { 1 => 'B', 2 => 'H', 4 => 'I', _ => 'Q' };
}

/// <summary>One <c>[WireMessage]</c> struct.</summary>
internal sealed record WireMessage(
    string Name, byte Number, WireDirection Direction, long Flags, EquatableArray<WireField> Fields, LocationInfo Location)
{
    public int FixedSize => Fields.Sum(item => item.FixedBytes);

    public IEnumerable<WireField> BytesFields => Fields.Where(item => item.IsBytes);
}

/// <summary>One member of an enum, or one constant of ProtocolLimits.</summary>
internal sealed record WireConstant(string Name, long Value);

/// <summary>One <c>[WireEnum]</c> enum.</summary>
internal sealed record WireEnum(
    string Name, string PythonPrefix, string UnderlyingType, EquatableArray<WireConstant> Members, LocationInfo Location)
{
    public const string MessageTypeName = "MessageType";
    public const string FrameFlagsName = "FrameFlags";
}

/// <summary>One property of a document, with its type in Python.</summary>
internal sealed record DocumentField(string Name, string PythonType);

/// <summary>One <c>[WireDocument]</c> record.</summary>
internal sealed record WireDocument(string Name, string PythonName, EquatableArray<DocumentField> Fields, LocationInfo Location);

/// <summary>The constants of ProtocolLimits.</summary>
internal sealed record WireLimits(EquatableArray<WireConstant> Constants, LocationInfo Location)
{
    public const string ClassName = "ProtocolLimits";

    /// <summary>What the generated code and both sides' frame readers name.</summary>
    public static readonly string[] Required = ["HeaderSize", "MaxPayload", "MaxBody", "MaxHeaders"];
}

/// <summary>A symbol's part of the model together with what is wrong with it.</summary>
internal sealed record Parsed<T>(T? Value, EquatableArray<DiagnosticInfo> Diagnostics)
    where T : class, IEquatable<T>;

/// <summary>The whole declaration, checked and in the order in which everything is written.</summary>
internal sealed record WireProtocol(
    EquatableArray<WireMessage> Messages,
    EquatableArray<WireEnum> Enums,
    EquatableArray<WireConstant> Limits,
    EquatableArray<WireDocument> Documents)
{
    public WireEnum MessageTypes => Enums.First(item => item.Name == WireEnum.MessageTypeName);

    public WireEnum FrameFlags => Enums.First(item => item.Name == WireEnum.FrameFlagsName);

    /// <summary>The member of MessageType that the message is the payload of.</summary>
    public string MemberOf(WireMessage message) => MessageTypes.Members.First(member => member.Value == message.Number).Name;
}
