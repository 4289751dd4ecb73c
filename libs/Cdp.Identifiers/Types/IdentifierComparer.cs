using cdp;

namespace Cdp.Identifiers.Types;

/// <summary>Compares identifiers by type and value. The generated class itself compares references.</summary>
public sealed class IdentifierComparer : IEqualityComparer<Identifier>
{
    public static readonly IdentifierComparer Instance = new();

    private IdentifierComparer() { }

    public bool Equals(Identifier? x, Identifier? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.type == y.type && x.value == y.value);

    public int GetHashCode(Identifier obj) => HashCode.Combine(obj.type, obj.value);
}
