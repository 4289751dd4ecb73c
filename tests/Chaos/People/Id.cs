using cdp;

namespace Cdp.Chaos.People;

/// <summary>An identifier in canonical form.</summary>
public readonly record struct Id(string Type, string Value)
{
    public const string User = "user_id";
    public const string Email = "email";
    public const string Phone = "phone";
    public const string Anonymous = "anonymous_id";
    public const string Message = "message_id";

    public static Id Of(Identifier identifier) => new(identifier.type, identifier.value);

    public Identifier ToRecord() => new() { type = Type, value = Value };

    public override string ToString() => $"{Type}:{Value}";
}
