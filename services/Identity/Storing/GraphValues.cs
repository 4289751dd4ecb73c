using cdp;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using StackExchange.Redis;

namespace Cdp.Identity.Storing;

/// <summary>Reads values of the graph. A value that the linker did not write is an <see cref="UnreadableValueException"/>.</summary>
internal static class GraphValues
{
    /// <summary>The prefix of a field of a node that represents a profile of the node's family rather than an identifier.</summary>
    public const char FamilyPrefix = '~';

    /// <summary>Null if the key does not exist.</summary>
    public static Applied? Applied(RedisKey key, RedisValue value, string remedy) =>
        value.IsNull ? null : Storing.Applied.Parse((string)value!) ?? throw RedisReads.Unreadable(key, value, "SEQUENCE OFFSET", remedy);

    public static long Number(RedisKey key, RedisValue value, string remedy) => RedisReads.ParseNumber(key, value, remedy)!.Value;

    /// <param name="key">The node's key.</param>
    /// <param name="fields">All fields of its hash.</param>
    /// <param name="remedy">What an operator must do about an unreadable value.</param>
    public static Node Node(RedisKey key, HashEntry[] fields, string remedy)
    {
        var node = new Node(0, 0, new(IdentifierComparer.Instance), []);
        foreach (var field in fields)
        {
            var (name, value) = ((string)field.Name!, Number(key, field.Value, remedy));
            if (name == "first") node = node with { First = value };
            else if (name == "merges") node = node with { Merges = (int)value };
            else if (name.StartsWith(FamilyPrefix)) node.Family.Add(name[1..]);
            // A negative sequence means that the identifier was taken out.
            else if (name.IndexOf(':') is > 0 and var colon && value > 0)
            {
                node.Identifiers.Add(new Identifier { type = name[..colon], value = name[(colon + 1)..] });
            }
        }
        return node;
    }
}
