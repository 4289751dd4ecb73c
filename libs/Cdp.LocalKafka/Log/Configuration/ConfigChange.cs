using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Configuration;

/// <summary>The operation of an incremental config change, as the protocol numbers it (KIP-339).</summary>
internal enum ConfigOperation : sbyte
{
    Set = 0,
    Delete = 1,
    Append = 2,
    Subtract = 3,
}

/// <summary>One change of one config. The value is null only for <see cref="ConfigOperation.Delete"/>.</summary>
internal readonly record struct ConfigChange(string Name, ConfigOperation Operation, string? Value)
{
    /// <summary>
    /// Applies the changes. Returns the resulting configs, not yet validated (see <see cref="TopicConfig.Parse"/>), or why a change is impossible.
    /// </summary>
    public static (Dictionary<string, string> Configs, ErrorCode Error, string? Problem) Apply(
        IReadOnlyDictionary<string, string> configs, IEnumerable<ConfigChange> changes)
    {
        var changed = new Dictionary<string, string>(configs);
        foreach (var (name, operation, value) in changes)
        {
            switch (operation)
            {
                case ConfigOperation.Set:
                    changed[name] = value!;
                    break;
                case ConfigOperation.Delete:
                    changed.Remove(name);
                    break;
                case ConfigOperation.Append or ConfigOperation.Subtract when TopicConfig.Find(name) is { Type: ConfigType.List } list:
                    var old = ConfigDefinition.Elements(changed.GetValueOrDefault(name, list.Default));
                    var given = ConfigDefinition.Elements(value!);
                    changed[name] = string.Join(',', operation == ConfigOperation.Append ? old.Union(given) : old.Except(given));
                    break;
                case ConfigOperation.Append or ConfigOperation.Subtract:
                    return (changed, ErrorCode.InvalidConfig, $"cannot {operation.ToString().ToLowerInvariant()} to config '{name}': its type is not a list");
                default:
                    return (changed, ErrorCode.InvalidRequest, $"unknown operation {(sbyte)operation} on config '{name}'");
            }
        }
        return (changed, ErrorCode.None, null);
    }
}
