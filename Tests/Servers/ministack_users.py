#!/usr/bin/env python3
"""ministack_users.py ENDPOINT: makes the users of the tests, prints their keys as KEY=VALUE lines."""
import json
import sys

import boto3

iam = boto3.client('iam', endpoint_url=sys.argv[1], region_name='us-east-1',
                   aws_access_key_id='test', aws_secret_access_key='test')


def user(name, label, actions):
    iam.create_user(UserName=name)
    statement = {'Effect': 'Allow', 'Action': actions, 'Resource': '*'}
    policy = json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
    iam.put_user_policy(UserName=name, PolicyName='only', PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)['AccessKey']
    print(f"WARDFS_TEST_MINISTACK_{label}ACCESS_KEY={key['AccessKeyId']}")
    print(f"WARDFS_TEST_MINISTACK_{label}SECRET_KEY={key['SecretAccessKey']}")


user('writer', '', '*')
user('reader', 'READER_', ['s3:Get*', 's3:List*'])
