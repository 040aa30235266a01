return {err = '\t42\n'}
