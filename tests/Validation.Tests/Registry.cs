using System.Reflection;
using Confluent.SchemaRegistry;

namespace Cdp.Validation.Tests;

/// <summary>A schema registry of one process: it knows what was registered with it, and no other call.</summary>
public class Registry : DispatchProxy
{
    private readonly List<string> _schemas = [];

    public static ISchemaRegistryClient New() => Create<ISchemaRegistryClient, Registry>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case nameof(ISchemaRegistryClient.RegisterSchemaAsync):
                _schemas.Add(((Schema)args![1]!).SchemaString);
                return Task.FromResult(_schemas.Count);
            case nameof(ISchemaRegistryClient.GetSchemaAsync):
                return Task.FromResult(new Schema(_schemas[(int)args![0]! - 1], SchemaType.Avro));
            default:
                throw new NotSupportedException(targetMethod.Name);
        }
    }
}
